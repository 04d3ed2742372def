// Package observe is the vocabulary of what can be learnt about a roll-out on Heroku:
// one type for each kind of thing, and the two clocks that their times are told by.
//
// It decides nothing. The adapters (gate/platform, gate/logtail) produce observations,
// the core (gate/rollout) judges them, and a recording is a list of them.
//
//   - observation.go: what can be observed
//   - clock.go: the platform's time and the gate's own
package observe
