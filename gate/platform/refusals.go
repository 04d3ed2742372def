// How long the platform has refused something: some refusals are mistakes and do not last.

package platform

import (
	"sync"
	"time"
)

// refusalLasts is how long the platform must have refused something before the gate believes the refusal.
// A platform without any trouble has been seen to answer 404 by mistake (github/docs:
// script/deployment/deploy-to-production).
const refusalLasts = time.Minute

// refusals records since when the platform has refused things, by their names.
type refusals struct {
	mu    sync.Mutex
	since map[string]time.Time
}

// lasting records a refusal, and reports whether there have only been refusals for [refusalLasts].
func (r *refusals) lasting(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since == nil {
		r.since = map[string]time.Time{}
	}
	if _, refused := r.since[name]; !refused {
		r.since[name] = time.Now()
	}
	return time.Since(r.since[name]) >= refusalLasts
}

// end records an answer that is no refusal.
func (r *refusals) end(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.since, name)
}
