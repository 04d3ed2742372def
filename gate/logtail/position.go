// Going on where another process stopped reading the log.

package logtail

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// A Position says how far a log was read, so that another process can go on from there.
type Position struct {
	// Since is the time from which the log was whole up to here; zero if that is not known.
	Since time.Time `json:"since,omitzero"`
	// Last are hashes of the last lines, to find these lines in the log's history. They do not
	// reveal the text.
	Last []string `json:"last,omitempty"`
}

// positionLines is how many lines a position holds. One of them in the history is enough to go on.
const positionLines = 8

// Position says how far the log was read; false before it was whole for the first time.
func (t *Tail) Position() (Position, bool) {
	f := t.reading.Load()
	if f == nil {
		return Position{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.hasFlowed {
		return Position{}, false
	}
	p := Position{Since: f.since}
	for _, line := range f.last.lines {
		if len(line) > 0 {
			p.Last = append(p.Last, lineHash(line))
		}
	}
	return p, true
}

// lastLines are the last lines of a log: a ring.
type lastLines struct {
	lines [positionLines][]byte
	n     int
}

func (e *lastLines) add(line []byte) {
	at := &e.lines[e.n%positionLines]
	*at = append((*at)[:0], line...)
	e.n++
}

// lineHash identifies a line in a Position.
func lineHash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:12])
}

// continuesPosition reports whether no line can be missing between the position and this history, as follows
// does.
func (h *history) continuesPosition() bool {
	return h.found || len(h.after.Last) == 0 && !h.discarded && !h.isFull()
}

// findPosition checks whether a line of the history is one of the position's.
func (h *history) findPosition(line []byte) {
	h.last.add(line)
	if h.after != nil && !h.found {
		h.found = slices.Contains(h.after.Last, lineHash(line))
	}
}
