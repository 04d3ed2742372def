// This file is for one reading of the history: what it tells, where it begins, and
// whether it joins on to what was seen before.

package logtail

import (
	"hash/maphash"
	"slices"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A history with fewer lines than this was not cut to its size. The platform keeps
// 1500; the distance allows for lines that it counts otherwise.
const wholeBelow = 1400

// A history is the last lines of the log, in the order in which they arrived.
type history struct {
	seed      maphash.Seed
	raw       func([]byte)
	discarded bool // the platform said that it threw some away
	none      bool // there is no history of this log

	seek  *Position // where another process stopped reading; nil: none did
	found bool      // a line of it is here
	last  tailEnd

	hashes []uint64
	told   []observe.Line
	lostAt time.Time // the newest notice of a loss

	first  time.Time // the earliest stamp of the leading lines
	strict time.Time // the latest stamp of the leading lines
	led    bool      // a line that comes in time was among them
}

func (h *history) line(b []byte) {
	if h.raw != nil {
		h.raw(b)
	}
	h.hashes = append(h.hashes, maphash.Bytes(h.seed, b))
	h.look(b)
	if !h.led {
		h.lead(b)
	}
	l, ok := Parse(b)
	if !ok {
		return
	}
	h.told = append(h.told, l)
	if l.Kind == observe.Loss {
		h.lostAt = later(h.lostAt, l.Stamp)
	}
}

// lead takes in the leading lines: all up to the first that arrives in time. Lines
// of the API are printed up to 37 s late, lines of the router still later (measured
// in captured logs); the lines of dynos are in order to a tenth of a second.
func (h *history) lead(b []byte) {
	p, ok := split(b)
	if !ok {
		return
	}
	stamp, ok := parseStamp(p.stamp)
	if !ok {
		return
	}
	if h.first.IsZero() || stamp.Before(h.first) {
		h.first = stamp
	}
	h.strict = later(h.strict, stamp)
	h.led = origin(p) != fromAPI && string(p.proc) != "router"
}

// begin is the time from which the history holds every line; zero if it is empty.
// If older lines were thrown away, a late one that was kept must not make it seem
// older than it is.
func (h *history) begin() time.Time {
	if h.discarded || h.full() {
		return h.strict
	}
	return h.first
}

func (h *history) full() bool { return len(h.hashes) >= wholeBelow }

// follows reports whether nothing can be missing between the lines that were seen
// last and this history: it holds one of them, and so all that arrived after it.
// Stamps could not tell: they come from clocks that differ.
func (h *history) follows(last []uint64) bool {
	if len(last) == 0 { // nothing had ever been logged
		return !h.discarded && !h.full()
	}
	return slices.ContainsFunc(h.hashes, func(x uint64) bool { return slices.Contains(last, x) })
}
