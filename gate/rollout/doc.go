// Package rollout decides whether a roll-out on Heroku is over: timestamped
// observations in, a picture and a verdict out.
//
// It is pure: no clock, no network, no files, no printing. Time comes with each
// [observe.Observation], so a run can be recorded, replayed and tested to the second.
//
//	r := rollout.New(cfg)
//	r.Apply(observation)          // as often as something is learnt
//	if v, ok := r.Verdict(); ok { // the wait is over
//
// The rule is that of presumed life: an old process counts as alive from the moment that it is
// known or must be assumed to exist, until its end was observed or its longest possible life is
// over. The words of it:
//
//   - look: one view of the platform's lists of dynos, formation and releases
//   - label: a slot of the formation, such as web.1, under which processes follow each other
//   - record: what a look shows under a label; it tells of one process at most
//   - hidden: a process that may run under a label and is not its record's
//   - hold: how long a hidden process can live at the most
//   - target: the release that is waited for; old is what is of a release before it
//
// judge.go has the rule on one page: read that and doubts.go first. The rest in the order in
// which an observation passes through it:
//
//   - rollout.go: the fold: each observation is taken in, then everything is judged
//   - outages.go, lists.go: what the platform did not answer, and how fresh the lists are
//   - gate/release: which release is the target, and what came after it
//   - roster.go, sightings.go: what lists and log tell of the dynos, label by label
//   - processtype.go: what the formation says, and which process types count
//   - scaling.go: where nothing old can be: behind what came by scaling up, or with the app's first code
//   - log.go: how far the log can be relied on, and how late its lines come
//   - metrics.go: what runtime metrics tell of the processes of a label
//   - gate/ledger, evidence.go: what is known of one label at one moment
//   - judge.go: may an old process of a label still run?
//   - doubts.go, proof.go, limits.go: why the log proves nothing, how long proof lasts, how long an old process can hide
//   - status.go: the judgements of all labels, added up
//   - knowledge.go: how it is known what old code does, and the words for that
//   - timeline.go: the moments that the outputs carry; figures.go: the ends of holds as they are told
//   - obstacles.go: what keeps the gate shut, in words
//   - decide.go, crash.go, open.go: how the wait ends; endings.go: what each end means
//   - needs.go, picture.go: what the core asks for, and what it shows
package rollout
