// Package rollout decides whether a roll-out on Heroku is over: timestamped
// observations in, a picture and a verdict out.
//
// It is pure: no clock, no network, no files, no printing. Time comes with each
// [Observation], so a run can be recorded, replayed and tested to the second.
//
//	r := rollout.New(cfg)
//	r.Apply(observation)          // as often as something is learnt
//	if v, ok := r.Verdict(); ok { // the wait is over
//
// The rule behind it is the rule of presumed life: an old instance counts as
// alive from the moment that it is known or must be assumed to exist, until its
// end was observed or its longest possible life is over. The files:
//
//   - observation.go: what can be told to the core
//   - rollout.go: the fold
//   - target.go, releases.go, newer.go: which release is waited for, and what came after it
//   - types.go: the process types that the caller names
//   - books.go: the bookkeeping of one label from the log; reckoning.go: what it adds up to
//   - hold.go: how long an instance can hide
//   - fleet.go, lines.go: what lists and log have told of the dynos; forget.go: which of them are dropped
//   - standing.go: list, books and holds together, for one label; weight.go: the same, kept while nothing changes
//   - survey.go: the same, added up by process type
//   - clock.go: the platform's time and the gate's own
//   - trouble.go: what the platform did not answer
//   - verdict.go, opening.go, timeout.go: how it ends; endings.go: what that means
//   - picture.go, moments.go: what the core tells; wants.go: what would help it along
package rollout
