// This file is for how long an answer may take: longer after each time that none came.

package platform

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	attemptTime = 10 * time.Second // for one attempt, with its whole body
	// moreTime is how long the other lists may take once the dyno list is there, for each
	// page of the releases.
	moreTime = 3 * time.Second
	// No answer takes longer: Heroku's own router gives up then (Error Codes, H12, Dev Center).
	longestTime = 30 * time.Second
)

// patience is how often in a row a question was given up for want of time. An answer that is
// slow again and again would otherwise never be read.
type patience struct {
	mu    sync.Mutex
	level map[string]int // by what is being done
}

// of is a time, made longer for what is being done.
func (p *patience) of(op string, usual time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(usual<<p.level[op], max(usual, longestTime))
}

// learn takes in what came of a question, and how long that took. What was slow is given as
// much time the next time.
func (p *patience) learn(op string, err error, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var late *errLate
	switch {
	case errors.As(err, &late):
		if p.level == nil {
			p.level = map[string]int{}
		}
		p.level[op] = min(p.level[op]+1, 4) // from 3 s to more than 30 s
	case err == nil && took < moreTime/2:
		delete(p.level, op)
	}
}

// errLate is an answer that did not come in its time.
type errLate struct {
	limit time.Duration
	than  string // what the time is counted from; empty for the question
}

func (e *errLate) Error() string { return fmt.Sprintf("no answer within %v%s", e.limit, e.than) }
