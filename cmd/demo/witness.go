// The witness asks the simulated Heroku all the time, as any client could. So the timeline shows what Heroku
// really answered.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// testimony is what Heroku answered at a time of the story.
type testimony struct {
	at     time.Duration
	status string // of the newest release
	old    int    // dynos of older releases in the dyno list
}

type witness struct {
	server *herokusim.Server
	app    string

	mu   sync.Mutex
	said []testimony
}

// watch asks every 0.1 s until ctx ends.
func (w *witness) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if t, err := w.ask(ctx); err == nil {
			w.mu.Lock()
			w.said = append(w.said, t)
			w.mu.Unlock()
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (w *witness) ask(ctx context.Context) (testimony, error) {
	t := testimony{at: w.server.Now()}
	var releases []struct {
		Version int
		Status  string
	}
	if err := w.get(ctx, "releases", "version ..; max=1, order=desc", &releases); err != nil || len(releases) == 0 {
		return t, fmt.Errorf("no releases: %w", err)
	}
	t.status = releases[0].Status
	var dynos []struct{ Release struct{ Version int } }
	if err := w.get(ctx, "dynos", "", &dynos); err != nil {
		return t, err
	}
	for _, d := range dynos {
		if d.Release.Version < releases[0].Version {
			t.old++
		}
	}
	return t, nil
}

func (w *witness) get(ctx context.Context, what, rng string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.heroku.com/apps/"+w.app+"/"+what, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	req.Header.Set("Authorization", "Bearer witness")
	if rng != "" {
		req.Header.Set("Range", rng)
	}
	resp, err := w.server.Transport().RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

// at returns the first answer at or after a time of the story.
func (w *witness) at(d time.Duration) (testimony, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.said {
		if t.at >= d {
			return t, true
		}
	}
	return testimony{}, false
}
