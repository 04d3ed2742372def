// Package watch waits: it decides when to look at the platform, feeds what comes
// back to the core, and ends on a verdict. It does not judge, and it knows nothing
// of HTTP.
//
//   - watch.go: the loop
//   - background.go: the goroutines beside the loop, and panics
//   - app.go: waiting for an app that does not exist yet, and when its log is opened
//   - pace.go: when to look
//   - debug.go: debug lines about what the loop does and why
//   - silence.go: when to reopen a log that is silent about a change in the dyno list
//   - questions.go: what the gate asks the platform, and what it does without an answer
package watch
