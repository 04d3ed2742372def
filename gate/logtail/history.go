// The log's history, read once: which lines it holds, from when on it is complete, and whether it joins the
// lines that were read before.

package logtail

import (
	"hash/maphash"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A history with fewer lines than this is not cut: it holds the whole log. The platform keeps 1500 lines; the
// difference allows for lines that the platform counts in another way.
const wholeBelow = 1400

// A history is the last lines of the log, in the order in which they arrived.
type history struct {
	seed      maphash.Seed
	raw       func([]byte) // see Tail.Raw
	discarded bool         // the platform said that it threw away older lines
	none      bool         // this log has no history

	after *Position // where another process stopped reading; nil: none did
	found bool      // the history holds one of the lines of after
	last  lastLines

	hashes []uint64 // of all lines
	parsed []observe.Line
	lostAt time.Time // the newest notice that lines were lost

	// The leading lines are the first line that arrived in time, and those before it.
	earliestLeading time.Time
	latestLeading   time.Time
	leadingDone     bool
}

func (h *history) line(b []byte) {
	if h.raw != nil {
		h.raw(b)
	}
	h.hashes = append(h.hashes, maphash.Bytes(h.seed, b))
	h.findPosition(b)
	if !h.leadingDone {
		h.addLeading(b)
	}
	l, ok := Parse(b)
	if !ok {
		return
	}
	h.parsed = append(h.parsed, l)
	if l.Kind == observe.Loss {
		h.lostAt = later(h.lostAt, l.Stamp)
	}
}

// addLeading handles a leading line. Lines of the API arrive up to 37 s late, lines of the router still later
// (measured in captured logs). Lines of dynos arrive in order, give or take a tenth of a second.
func (h *history) addLeading(b []byte) {
	p, ok := split(b)
	if !ok {
		return
	}
	stamp, ok := parseStamp(p.stamp)
	if !ok {
		return
	}
	if h.earliestLeading.IsZero() || stamp.Before(h.earliestLeading) {
		h.earliestLeading = stamp
	}
	h.latestLeading = later(h.latestLeading, stamp)
	h.leadingDone = origin(p) != fromAPI && string(p.proc) != "router"
}

// begin is the time from which the history holds every line; zero if it is empty. If older lines are missing,
// this is the latest leading stamp: a leading line that arrived late must not make the history seem older.
func (h *history) begin() time.Time {
	if h.discarded || h.isFull() {
		return h.latestLeading
	}
	return h.earliestLeading
}

// isFull reports whether older lines may have been cut off.
func (h *history) isFull() bool { return len(h.hashes) >= wholeBelow }

// follows reports whether no line can be missing between the last lines that were read and this history: the
// history holds one of them, and so all lines that arrived after it. Stamps cannot show this, since they
// come from different clocks.
func (h *history) follows(last []uint64) bool {
	if len(last) == 0 { // nothing had been logged before
		return !h.discarded && !h.isFull()
	}
	return slices.ContainsFunc(h.hashes, func(x uint64) bool { return slices.Contains(last, x) })
}
