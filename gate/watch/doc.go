// Package watch waits: it decides when to look at the platform, feeds what comes
// back to the core, and ends on a verdict. It does not judge, and it knows nothing
// of HTTP.
//
//   - watch.go: the loop
//   - beside.go: what runs beside it, and bugs
//   - app.go: an app that may be still to come, and when its log is read
//   - pace.go: when to look
//   - debug.go: the inside of the loop, for people who look for a fault
//   - deaf.go: when the log says nothing of what the list shows
//   - questions.go: what is asked of the platform, and what no answer means
package watch
