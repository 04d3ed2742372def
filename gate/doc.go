// Package gate is the deploy gate as a program: it reads the inputs, puts the
// parts together, waits, and ends with a verdict, outputs and an exit status.
//
// The parts, each a package with one job:
//
//   - rollout: observations in, verdict out; pure
//   - platform: the Platform API as observations
//   - logtail: the app's log as observations
//   - watch: the waiting loop between them
//   - measure: what a run has shown of Heroku
//   - report: what people and later steps are told
//   - herokusim: a simulated Heroku, for tests and demonstrations only
//
// Exit statuses: 0 passed, 1 the deploy failed, 2 an input is malformed (nothing was
// started then), or what it names the app does not have or has twice, 3 the timeout
// was reached, 4 the gate cannot tell, 130 interrupted.
//
// None of these packages is a library: their Go interfaces may change with any version.
package gate
