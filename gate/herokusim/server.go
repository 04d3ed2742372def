// This file is for the server: its clock, who may ask, and which answer a request gets.

package herokusim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options are how a story is served.
type Options struct {
	// Speed is how many seconds of the story pass in one. Zero means 1.
	Speed float64
	// From is where in the story the server begins; it may be before second 0.
	From time.Duration
	// Key is the API key that is right. Empty means that any is.
	Key string
}

// A Server answers as Heroku would at that time of the story.
type Server struct {
	// base is the scenario whose faults, budget and seed hold for all requests.
	base    *Scenario
	start   time.Time // the platform's clock at second 0
	options Options
	writing *writing // what writing needs; nil for a played story, which can only be read

	mu       sync.Mutex
	begun    time.Time
	requests []Request
	rng      *rand.Rand
	tokens   float64 // left of the rate limit
	filled   time.Duration
	sessions map[string]*session
	apps     []*app // in the order of their making
}

// A Request is one that the server got.
type Request struct {
	Method, Path string
	At           time.Duration
}

// NewServer makes a server whose clock starts with its first request, or with Begin.
func NewServer(st *Story, o Options) *Server {
	s := newServer(st.Scenario, st.Start, o)
	s.apps = []*app{{story: st, created: math.MinInt64}}
	return s
}

func newServer(base *Scenario, start time.Time, o Options) *Server {
	o.Speed = orElse(o.Speed, 1)
	tokens := float64(bucket)
	if base.Budget != nil {
		tokens = float64(*base.Budget)
	}
	return &Server{
		base: base, start: start, options: o, tokens: tokens, filled: o.From,
		rng:      rand.New(rand.NewPCG(uint64(base.Seed), 7)),
		sessions: map[string]*session{},
	}
}

// Begin starts the clock, if nothing has yet.
func (s *Server) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun.IsZero() {
		s.begun = time.Now()
	}
}

// Now is the time of the story.
func (s *Server) Now() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// now is for who has the lock.
func (s *Server) now() time.Duration {
	if s.begun.IsZero() {
		return s.options.From
	}
	passed := time.Since(s.begun)
	if s.options.Speed != 1 {
		passed = time.Duration(float64(passed) * s.options.Speed)
	}
	return s.options.From + passed
}

// Clock is the platform's clock.
func (s *Server) Clock() time.Time { return s.time(s.Now()) }

func (s *Server) time(at time.Duration) time.Time { return s.start.Add(at) }

// stamp is a time as the API tells it: in whole seconds.
func (s *Server) stamp(at time.Duration) time.Time { return s.time(at).UTC().Truncate(time.Second) }

// until is how long it really takes until a time of the story.
func (s *Server) until(at time.Duration) time.Duration {
	left := at - s.Now()
	if s.options.Speed != 1 {
		left = time.Duration(float64(left)/s.options.Speed) + 1
	}
	return left
}

// Requests lists what was asked so far, streams included.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP answers, under any host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Begin()
	now := s.Now()
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.Method, r.URL.Path, now})
	s.mu.Unlock()

	w.Header().Set("Date", s.time(now).UTC().Format(http.TimeFormat))
	fault := s.fault(r, now)
	if fault != nil && fault.wait(s, r) {
		now = s.Now()
		w.Header().Set("Date", s.time(now).UTC().Format(http.TimeFormat))
	}
	if fault != nil {
		fault.date(w, s.time(now))
	}
	if fault != nil && fault.answer(w, r) {
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/logplex/sessions/"):
		s.stream(w, r)
	case strings.HasPrefix(r.URL.Path, "/streams/"):
		s.outputStream(w, r)
	case strings.HasPrefix(r.URL.Path, sources):
		s.blob(w, r)
	default:
		a := s.api(r, now, fault)
		a.send(w, r, fault)
	}
}

// The rate limit: so many requests at most, so many more each minute.
const (
	bucket = 4500
	refill = 75
)

// spend takes one request from the account's budget, and tells what is left.
func (s *Server) spend(now time.Duration, cost float64) (left int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = max(0, min(bucket, s.tokens+(now-s.filled).Minutes()*(refill-s.base.Drain)))
	s.filled = now
	if s.tokens < cost {
		return 0, false
	}
	s.tokens -= cost
	return int(s.tokens), true
}

// api answers a request to the Platform API.
func (s *Server) api(r *http.Request, now time.Duration, fault *Fault) *answer {
	key, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer || key == "" || s.options.Key != "" && key != s.options.Key {
		return refusal(http.StatusUnauthorized, "unauthorized", "Invalid credentials provided.")
	}
	cost := 1.0
	if r.URL.Path == "/account/rate-limits" {
		cost = 0 // free
	}
	left, ok := s.spend(now, cost)
	var a *answer
	if ok {
		a = s.route(r, now, fault)
	} else {
		a = refusal(http.StatusTooManyRequests, "rate_limit", "Your account reached the API rate limit\nPlease wait a few minutes before making new requests")
	}
	a.header.Set("RateLimit-Remaining", fmt.Sprint(left))
	if r.URL.Path == "/account/rate-limits" && ok {
		a.value = map[string]int{"remaining": left}
	}
	return a
}

// route finds what a path means.
func (s *Server) route(r *http.Request, now time.Duration, fault *Fault) *answer {
	if !strings.Contains(r.Header.Get("Accept"), "application/") && r.Header.Get("Accept") != "" && r.Header.Get("Accept") != "*/*" {
		return refusal(http.StatusNotAcceptable, "not_acceptable", "Send an Accept header of application/vnd.heroku+json; version=3.")
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !reads && s.writing != nil {
		if a := s.write(r); a != nil {
			return a
		}
	}
	at := now
	if fault != nil {
		at -= fault.Stale
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	a := s.look(r, parts, at)
	if a == nil {
		return notFound("resource")
	}
	if !reads && a.status < 400 && !isSession(r, parts) {
		return refusal(http.StatusMethodNotAllowed, "method_not_allowed", "This simulated Heroku can only be read: "+r.Method+" is not for "+r.URL.Path+".")
	}
	return a
}

// look answers for what there is at that time; nil if the path means nothing.
func (s *Server) look(r *http.Request, parts []string, at time.Duration) *answer {
	path := strings.Join(parts, "/")
	switch {
	case path == "account":
		return reply(account(s.stamp))
	case path == "account/rate-limits":
		return reply(nil) // filled in by who knows the budget
	case path == "apps" || path == "users/~/apps":
		return page(r, s.allApps(r, at), "id", "name", "updated_at")
	case parts[0] != "apps" || len(parts) < 2 || len(parts) > 5:
		return nil
	}
	a, story := s.find(parts[1], at)
	if a == nil {
		return notFound("app")
	}
	if isSession(r, parts) {
		return s.openSession(r, a)
	}
	list, one := "app", ""
	if len(parts) > 2 {
		list = parts[2]
	}
	if len(parts) > 3 {
		one = parts[3]
	}
	if len(parts) > 4 {
		list += "/" + parts[4]
	}
	return viewOf(r, story, at).find(list, one, r)
}

func isSession(r *http.Request, parts []string) bool {
	return r.Method == http.MethodPost && len(parts) == 3 && parts[2] == "log-sessions"
}
