// The apps of a server: which apps exist at a time, and how a story changes when clients write.

package herokusim

import (
	"net/http"
	"slices"
	"time"
)

// An app of a server. The server's lock guards it.
type app struct {
	story   *Story
	created time.Duration
	deleted time.Duration // if gone
	gone    bool
	grows   *growth // nil: clients cannot write to the app
	// changed is closed when another story replaces the story. Nil: nobody waits for that. The
	// goroutine that waits makes the channel, so that in virtual time it belongs to its bubble.
	changed chan struct{}
}

// A growth is everything from which the story of a writable app is played.
type growth struct {
	template *Scenario
	appID    string
	created  time.Duration
	writes   []write
	until    time.Duration // the story is played until then
}

// A write is the effect of one request.
type write struct {
	at time.Duration
	do func(*play)
}

// ahead is how far beyond now the story of a writable app is played. When less than half of that is left, it is
// played further.
const ahead = time.Hour

// there reports whether the app exists at that time.
func (a *app) there(at time.Duration) bool {
	return a.created <= at && (!a.gone || at < a.deleted)
}

// find returns the app with that name or id at that time; nil if there is none.
func (s *Server) find(name string, at time.Duration) (*app, *Story) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.findLocked(name, at)
	if a == nil {
		return nil, nil
	}
	s.extend(a)
	return a, a.story
}

// findLocked is find for callers that hold the lock.
func (s *Server) findLocked(name string, at time.Duration) *app {
	for _, a := range slices.Backward(s.apps) {
		if a.there(at) && (name == a.story.appID || name == a.story.appName(at)) {
			return a
		}
	}
	return nil
}

// allApps are rows of all apps at that time.
func (s *Server) allApps(r *http.Request, at time.Duration) []row {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := []row{}
	for _, a := range s.apps {
		if a.there(at) {
			v := viewOf(r, a.story, at)
			rows = append(rows, v.appRow())
		}
	}
	return rows
}

// A snapshot is an app at one moment. Its parts belong together: no write comes between them.
type snapshot struct {
	story   *Story
	now     time.Duration
	gone    bool            // the app was deleted
	changed <-chan struct{} // closed when another story replaces the story
}

func (s *Server) snapshot(a *app) snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.changed == nil && a.grows != nil {
		a.changed = make(chan struct{})
	}
	s.extend(a)
	return snapshot{a.story, s.now(), a.gone, a.changed}
}

// extend plays the story of a writable app further when its end comes near.
func (s *Server) extend(a *app) {
	if a.grows == nil || a.gone || s.now() < a.grows.until-ahead/2 {
		return
	}
	// No error is possible: the same story could be played before.
	a.replay(a.grows.upTo(s.now() + ahead))
}

// upTo returns the same growth, to be played further.
func (g *growth) upTo(until time.Duration) *growth {
	longer := *g
	longer.until = until
	return &longer
}

// with returns the growth with another write.
func (g *growth) with(w write) *growth {
	more := *g.upTo(max(g.until, w.at+ahead))
	more.writes = append(slices.Clip(more.writes), w)
	return &more
}

// replay replaces the story of an app. If the new one cannot be played, the old one stays.
func (a *app) replay(g *growth) error {
	story, err := g.template.play(g)
	if err != nil {
		return err
	}
	a.story, a.grows = story, g
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
	return nil
}
