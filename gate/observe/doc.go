// Package observe is the vocabulary of what the gate can learn about a roll-out on Heroku:
// one type for each kind of observation, and the two clocks that give their times.
//
// It decides nothing. The adapters (gate/platform, gate/logtail) make observations, the
// core (gate/rollout) judges them, and a recording is a list of them.
//
//   - observation.go: what can be observed
//   - clock.go: the platform's clock and the gate's own
package observe
