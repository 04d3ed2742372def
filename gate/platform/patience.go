// How long an answer may take: longer after each time that no answer came.

package platform

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	attemptTime = 10 * time.Second // for one attempt, with the whole body
	// otherListsTime is how long formation and releases may take after the dyno list was read; for the
	// releases, it is the time for each page.
	otherListsTime = 3 * time.Second
	// No answer takes longer: Heroku's own router gives up then (Error Codes, H12, Dev Center).
	longestTime = 30 * time.Second
)

// patience makes the time limit of a question longer each time that the limit was too short. Otherwise
// an answer that is always slow would never be read.
type patience struct {
	mu    sync.Mutex
	level map[string]int // op -> how often the limit was doubled
}

// limit is the time limit of a question: the usual one, or longer.
func (p *patience) limit(op string, usual time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(usual<<p.level[op], max(usual, longestTime))
}

// update records how a question ended and how long it took. A slow answer leaves the limit as it is; a fast one
// makes it the usual one again.
func (p *patience) update(op string, err error, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var late *errLate
	switch {
	case errors.As(err, &late):
		if p.level == nil {
			p.level = map[string]int{}
		}
		p.level[op] = min(p.level[op]+1, 4) // from 3 s to more than 30 s
	case err == nil && took < otherListsTime/2:
		delete(p.level, op)
	}
}

// errLate says that an answer did not come within its time limit.
type errLate struct {
	limit time.Duration
	since string // words that say what the limit counts from; empty: from the question
}

func (e *errLate) Error() string { return fmt.Sprintf("no answer within %v%s", e.limit, e.since) }
