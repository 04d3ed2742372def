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
// The gate opens when the release was deployed, all new dynos are up, and no old process can still run. Each old process
// counts as alive until its end was seen, or until the longest time that it can live is over. These words are used in
// all files:
//
//   - look: one view of the platform's lists of dynos, formation and releases; a full look has all three
//   - label: a slot of the formation, such as web.1; one process after another runs under it. On Fir, a label is the name
//     of a pod, which only one process ever has
//   - record: the dyno that a look shows under a label. It describes one process; older ones may still run
//   - hidden: a process that may run under a label and is not the one that the record describes
//   - hold: the longest time that a hidden process can live, counted from the replacement of its record
//   - target: the release that the gate waits for; a process of an earlier release is old
//   - ledger: the lines of the log about one label; they add up to the number of its processes that are alive
//   - doubt: a reason why the log does not prove that no old process is left
//   - head start: the gate watches the app before the deploy, and the wait begins after it
//   - obstacle: something that keeps the gate shut
//
// A time.Time is in the platform's time. A time.Duration is a moment on the gate's own clock, counted from the start of
// the gate, unless its comment says how long something lasts.
//
// Read judge.go and doubts.go first: they say until when an old process counts as alive. obstacles.go and open.go are
// the rest of the rule. The files, in the order in which an observation passes through them:
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
