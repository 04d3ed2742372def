// Package gate is the deploy gate as a program: it reads the inputs, puts the
// parts together, waits, and ends with a verdict, outputs and an exit status.
//
// The parts, each a package with one job:
//
//   - rollout: decides; it takes observations and returns a verdict; pure
//   - platform: reads the Platform API and returns observations
//   - logtail: reads the app's log and returns observations
//   - watch: the loop that waits
//   - measure: measures how Heroku behaved during a run
//   - report: writes the log, the outputs and the summary
//   - herokusim: a simulated Heroku, for tests and demonstrations only
//
// Exit statuses: 0 passed, 1 the deploy failed, 2 an input is invalid, 3 the timeout was
// reached, 4 the gate could not decide, 130 interrupted. An input is invalid if it is malformed
// (then the gate does not start), or if the app does not have what it names, or has it twice.
//
// None of these packages is a library: their Go interfaces may change with any version.
package gate
