// How long the platform has refused one thing: some refusals are mistakes and do not last.

package platform

import (
	"sync"
	"time"
)

// refusalLasts is how long the platform must have refused something before the gate believes the refusal.
// A platform without any trouble has been seen to answer 404 by mistake (github/docs:
// script/deployment/deploy-to-production).
const refusalLasts = time.Minute

// refusals records how long the platform has refused one thing.
type refusals struct {
	mu         sync.Mutex
	wasGranted bool
	since      time.Time // zero if the last answer was no refusal
}

// lasting records whether the newest answer is a refusal, and reports whether all answers were refusals for
// [refusalLasts].
func (r *refusals) lasting(refused bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !refused:
		r.since = time.Time{}
	case r.since.IsZero():
		r.since = time.Now()
	}
	return refused && time.Since(r.since) >= refusalLasts
}

// grant records that the platform granted the thing.
func (r *refusals) grant() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wasGranted, r.since = true, time.Time{}
}

// granted reports whether the platform has ever granted the thing.
func (r *refusals) granted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wasGranted
}
