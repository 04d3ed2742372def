// Package logtail reads the log of an app as observations: one long stream, opened
// again whenever it ends, and an honest account of what may be missing in it. It
// does not judge what a line means for the roll-out.
//
//   - parse.go: which lines tell of a life, and what they tell
//   - words.go: the wordings of the platform
//   - decode.go: from bytes to lines
//   - tail.go: opening, and opening again in time
//   - stream.go: one stream, and what its lines tell
//   - join.go: from when on the log is whole; history.go: one reading of its history
//   - position.go: going on where another process has stopped reading
//   - last.go: the last lines of one dyno, to show why it crashed
//   - session.go: one request for a log session
package logtail
