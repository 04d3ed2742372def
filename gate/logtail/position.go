// This file is for going on where another process has stopped reading.

package logtail

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// A Position says how far a log was read, so that another process can go on from there.
type Position struct {
	// Since is from when on the log was whole up to here; zero if it was not, or that is not known.
	Since time.Time `json:"since,omitzero"`
	// Last are marks of the last lines, by which they are found again in the log's history. They do not
	// tell what the lines say.
	Last []string `json:"last,omitempty"`
}

// lastLines is how many lines a position names. Any one of them is enough to go on.
const lastLines = 8

// Position says how far the log was read; false before it was whole for the first time.
func (t *Tail) Position() (Position, bool) {
	f := t.reading.Load()
	if f == nil {
		return Position{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.flowed {
		return Position{}, false
	}
	p := Position{Since: f.since}
	for _, line := range f.last.lines {
		if len(line) > 0 {
			p.Last = append(p.Last, mark(line))
		}
	}
	return p, true
}

// tailEnd is the last lines of a log, in any order.
type tailEnd struct {
	lines [lastLines][]byte
	n     int
}

func (e *tailEnd) add(line []byte) {
	at := &e.lines[e.n%lastLines]
	*at = append((*at)[:0], line...)
	e.n++
}

// mark stands for a line.
func mark(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:12])
}

// goesOn reports whether nothing can be missing between the position that is sought and this history: it
// holds one of the lines that were read last.
func (h *history) goesOn() bool {
	return h.found || len(h.seek.Last) == 0 && !h.discarded && !h.full()
}

// look looks for the position in a line of the history.
func (h *history) look(line []byte) {
	h.last.add(line)
	if h.seek != nil && !h.found {
		h.found = slices.Contains(h.seek.Last, mark(line))
	}
}
