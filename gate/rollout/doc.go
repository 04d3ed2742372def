// Package rollout decides whether a roll-out on Heroku is over. Observations go in, each with its time; a picture and a
// verdict come out.
//
// The package is pure: it has no clock, no network, no files, and prints nothing. So a run can be recorded, replayed and
// tested to the second.
//
//	r := rollout.New(cfg)
//	r.Apply(observation)          // whenever something is observed
//	if v, ok := r.Verdict(); ok { // the wait is over
//
// The rule: an old process counts as alive from the moment at which it may exist until its end was seen, or until the
// longest time that it can live is over. These words are used in all files:
//
//   - look: one view of the platform's lists of dynos, formation and releases
//   - label: a slot of the formation, such as web.1; one process after another runs under it
//   - record: the dyno that a look shows under a label; it says something about one process at the most
//   - hidden: a process that may run under a label and is not that of the record
//   - hold: the longest time that a hidden process can live
//   - target: the release that the gate waits for; whatever is of an earlier release is old
//
// Read judge.go and doubts.go first: they are the rule. The other files, in the order in which an observation passes
// through them:
//
//   - rollout.go: the fold: each observation changes the state, and then everything is judged
//   - waited.go: how long the wait has lasted, and when holds end, as people read it
//   - outages.go: what the platform does not answer
//   - gate/release: which release is the target, and what came after it
//   - roster.go, looks.go, lines.go: what lists and log say of the dynos, label by label
//   - processtype.go, scaling.go: which process types count, and where nothing old can be
//   - log.go, metrics.go: how far the log can be relied on, and what runtime metrics say
//   - lists.go: what the newest lists may not show yet
//   - notices.go: what people should know besides the progress
//   - limits.go: how long an old process can live that the list does not show
//   - status.go: the judgements of all labels, added up; crash.go: crashes of new dynos
//   - gate/ledger, evidence.go: what is known about one label at one moment
//   - judge.go: may an old process of a label still run?
//   - doubts.go, proof.go: why the log proves nothing, and how long proof lasts
//   - timeline.go: the moments in the outputs
//   - obstacles.go: what keeps the gate shut
//   - decide.go, open.go: how the wait ends; endings.go: what each end means
//   - needs.go: which looks and answers the core needs
//   - picture.go, knowledge.go: what people and outputs are told
package rollout
