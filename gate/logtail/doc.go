// Package logtail reads the log of an app as observations: one long stream, opened
// again whenever it ends, and a report of what may be missing in it. It does not
// judge what a line means for the roll-out.
//
//   - parse.go: which lines matter, and what they say
//   - words.go: the platform's wordings
//   - decode.go: from bytes to lines
//   - tail.go: reading one stream after the other
//   - stream.go: one stream
//   - join.go: joining a stream to the lines before it; history.go: the log's history
//   - position.go: going on where another process stopped reading
//   - last.go: the last lines of one dyno, to show why it crashed
//   - session.go: one log session
package logtail
