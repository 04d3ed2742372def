// This file is for the apps that a server has: which there are at a time, and how a story that is written to grows.

package herokusim

import (
	"net/http"
	"slices"
	"time"
)

// An app is one of a server's. The server's lock guards it.
type app struct {
	story   *Story
	created time.Duration
	deleted time.Duration // zero: it is not
	grows   *growth       // nil: a played story, which nobody writes to
	// changed is closed when the story becomes another one. Nil: nobody waits for that. It is
	// made by who waits, so that in virtual time it belongs to the same bubble.
	changed chan struct{}
}

// A growth is what the story of an app is played from that is written to.
type growth struct {
	template *Scenario
	appID    string
	created  time.Duration
	writes   []write
	until    time.Duration // the story is played so far
}

// A write is what one request did.
type write struct {
	at time.Duration
	do func(*play)
}

// A growing story is played ahead so far, and again when less than half of that is left.
const ahead = time.Hour

// there reports whether the app is there at that time.
func (a *app) there(at time.Duration) bool {
	return a.created <= at && (a.deleted == 0 || at < a.deleted)
}

// find returns the app of that name or id at that time.
func (s *Server) find(name string, at time.Duration) (*app, *Story) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.named(name, at)
	if a == nil {
		return nil, nil
	}
	s.play(a)
	return a, a.story
}

// named is find for who has the lock.
func (s *Server) named(name string, at time.Duration) *app {
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

// A glance is an app at one moment: nothing that is written comes between its parts.
type glance struct {
	story   *Story
	now     time.Duration
	gone    bool            // the app was deleted
	changed <-chan struct{} // closed when the story becomes another one
}

func (s *Server) glance(a *app) glance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.changed == nil && a.grows != nil {
		a.changed = make(chan struct{})
	}
	s.play(a)
	return glance{a.story, s.now(), a.deleted != 0, a.changed}
}

// play has the story of an app go on when it comes to its end.
func (s *Server) play(a *app) {
	if a.grows == nil || a.deleted != 0 || s.now() < a.grows.until-ahead/2 {
		return
	}
	// What was played can be played on: no write is added.
	a.become(a.grows.upTo(s.now() + ahead))
}

// upTo is the same story, played further.
func (g *growth) upTo(until time.Duration) *growth {
	longer := *g
	longer.until = until
	return &longer
}

// with is the story with one write more.
func (g *growth) with(w write) *growth {
	more := *g.upTo(max(g.until, w.at+ahead))
	more.writes = append(slices.Clip(more.writes), w)
	return &more
}

// become replaces the story of an app, unless the new one cannot be played.
func (a *app) become(g *growth) error {
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
