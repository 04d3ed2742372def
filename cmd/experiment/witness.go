// The witness asks Heroku all the time what anybody could ask, so that its answers are there to be
// compared with the truth.

package main

import (
	"context"
	"time"
)

// How often what is asked. With the gates' own requests it stays below the 75 a minute that an account
// gets back ("Platform API Reference", rate limits).
const (
	askDynos    = 2 * time.Second
	askReleases = 6 * time.Second
	askOld      = 15 * time.Second
	oldAsked    = 2 // dynos that were there before the deploy, each asked for by its id
)

// witness asks until ctx ends. What goes wrong is written down with the other answers.
func (e *experiment) witness(ctx context.Context) {
	var old []string
	if list, err := e.dynos(ctx); err == nil {
		for _, d := range list[:min(oldAsked, len(list))] {
			old = append(old, d.ID)
		}
	}
	for n := time.Duration(0); ; n += askDynos {
		if e.clock.Sleep(ctx, askDynos) != nil {
			return
		}
		_, _ = e.dynos(ctx)
		if n%askReleases == 0 {
			_ = e.heroku.Releases(ctx, e.app)
		}
		if n%(askOld/askDynos*askDynos) == 0 {
			for _, id := range old {
				_ = e.heroku.Dyno(ctx, e.app, id)
			}
		}
	}
}
