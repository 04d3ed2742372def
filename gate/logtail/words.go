// The platform's wordings, old and new.

package logtail

import (
	"bytes"

	"heroku-rollout-gate/gate/observe"
)

// describe sets what a message says about a dyno; false if it says nothing about the dyno's
// life. The wordings are those of captured logs from 2011 to 2026, including lines that were cut.
func describe(msg []byte, l *observe.Line) bool {
	if len(msg) < 6 {
		return false
	}
	switch msg[0] {
	case 'S':
		return describeS(msg, l)
	case 'P':
		return is(msg, "Process exited", l, observe.Exit)
	case 'E', 'L':
		if isLossNotice(msg) {
			l.Kind = observe.Loss
			return true
		}
		if isFault(msg) {
			l.Kind = observe.Fault
			return true
		}
	case 'R':
		// Running process: until 2011, for one-off dynos.
		return is(msg, "Restarting", l, observe.Replace) || is(msg, "Running process with command", l, observe.Start)
	case 'C':
		return is(msg, "Cycling", l, observe.Replace)
	case 'I':
		return is(msg, "Idling", l, observe.Sleep)
	case 'U':
		return is(msg, "Unidling", l, observe.Sleep)
	case 's':
		return describeMetric(msg, l)
	}
	return false
}

func is(msg []byte, prefix string, l *observe.Line, k observe.LineKind) bool {
	if len(msg) < len(prefix) || string(msg[:len(prefix)]) != prefix {
		return false
	}
	l.Kind = k
	return true
}

func describeS(msg []byte, l *observe.Line) bool {
	switch {
	case is(msg, "State changed from ", l, observe.State):
		return describeState(msg[len("State changed from "):], l)
	case is(msg, "Starting process with command", l, observe.Start):
		return true
	case !bytes.HasPrefix(msg, []byte("Stopping ")):
		return false
	case bytes.Contains(msg, []byte("SIGK")):
		l.Kind = observe.Sigkill
		return true
	case bytes.Contains(msg, []byte("SIGT")):
		l.Kind = observe.Sigterm
		return true
	}
	// The line was cut before the name of the signal. Only the one about SIGKILL says "remaining".
	return is(msg, "Stopping remaining process", l, observe.Sigkill) ||
		is(msg, "Stopping all process", l, observe.Sigterm)
}

// describeState reads "up to starting"; false if the line was cut and lacks a state.
func describeState(msg []byte, l *observe.Line) bool {
	from, to, ok := bytes.Cut(msg, []byte(" to "))
	to = bytes.TrimRight(to, " \t")
	if !ok || !isOneWord(from) || !isOneWord(to) || len(msg) > maxText {
		return false
	}
	l.From, l.To = state(from), state(to)
	return true
}

// state is string(b), without an allocation for known words.
func state(b []byte) string {
	for _, s := range [...]string{"up", "starting", "crashed", "down", "complete", "created", "stopping", "bouncing", "provisioning", "idle"} {
		if string(b) == s {
			return s
		}
	}
	return string(b)
}

// describeMetric reads the UUID of the process from a line of log-runtime-metrics:
// "source=web.1 dyno=heroku.2808254.d97d0ea7-cf3d-411b-b453-d2943a50b456 sample#…"
// (https://devcenter.heroku.com/articles/log-runtime-metrics).
func describeMetric(msg []byte, l *observe.Line) bool {
	const mark = " dyno=heroku."
	if !bytes.HasPrefix(msg, []byte("source=")) {
		return false
	}
	i := bytes.Index(msg, []byte(mark))
	if i < 0 {
		return false
	}
	name, _, _ := bytes.Cut(msg[i+len(mark):], []byte(" "))
	uuid := name[bytes.LastIndexByte(name, '.')+1:]
	if !isOneWord(uuid) || len(uuid) > 64 {
		return false
	}
	l.Kind, l.UUID = observe.Metric, string(uuid)
	return true
}

// isFault reports whether a message is a numbered error of a dyno: "Error R12 (…".
func isFault(msg []byte) bool {
	return len(msg) > 7 && string(msg[:7]) == "Error R" && msg[7] >= '0' && msg[7] <= '9'
}

// isLossNotice reports whether a message says that lines were lost for this reader: L11 (this
// session was too slow), L12 and L13 (lost on the way to the log system), L15 (no history). L10 is
// about other readers. The documentation's L11 lacks the word Error.
func isLossNotice(msg []byte) bool {
	msg = bytes.TrimPrefix(msg, []byte("Error "))
	if len(msg) < 3 || msg[0] != 'L' || msg[1] != '1' || len(msg) > 3 && isWord(msg[3]) {
		return false
	}
	return msg[2] == '1' || msg[2] == '2' || msg[2] == '3' || msg[2] == '5'
}
