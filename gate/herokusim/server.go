// The server: its clock, its rate limit, and which answer a request gets.

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
	// Speed is how many seconds of the story pass in a real second. Zero means 1.
	Speed float64
	// From is the time of the story at which the server begins. It may be less than 0.
	From time.Duration
	// Key is the only valid API key. Empty means that any key is valid.
	Key string
}

// A Server answers requests as Heroku would at the current time of the story.
type Server struct {
	// base has the faults, the budget, the seed and the faults of the log for all requests.
	base    *Scenario
	start   time.Time // the platform's clock at second 0
	options Options
	writing *writing // for writing requests; nil: clients can only read

	mu       sync.Mutex
	begun    time.Time
	requests []Request
	rng      *rand.Rand
	tokens   float64       // requests left in the rate limit
	filled   time.Duration // when tokens was computed
	sessions map[string]*session
	apps     []*app // in the order of their creation
}

// A Request is a request that the server received.
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

// Begin starts the clock, if it does not run yet.
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

// now is Now for callers that hold the lock.
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

// stamp is a time as the API writes it, in whole seconds.
func (s *Server) stamp(at time.Duration) time.Time { return s.time(at).UTC().Truncate(time.Second) }

// until is how much real time is left until a time of the story.
func (s *Server) until(at time.Duration) time.Duration {
	left := at - s.Now()
	if s.options.Speed != 1 {
		left = time.Duration(float64(left)/s.options.Speed) + 1
	}
	return left
}

// Requests lists all requests so far, also those for log streams.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP answers a request to any host.
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

// The rate limit ("Platform API Reference"): the number of requests at most, and how many come back each minute.
const (
	bucket = 4500
	refill = 75
)

// spend takes cost requests from the account's budget. It returns how many are left, and false if
// there are too few.
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

// route finds the answer for a method and a path.
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

// look answers a reading request at that time, or opens a log session; nil if there is no such path.
func (s *Server) look(r *http.Request, parts []string, at time.Duration) *answer {
	path := strings.Join(parts, "/")
	switch {
	case path == "account":
		return reply(account(s.stamp))
	case path == "account/rate-limits":
		return reply(nil) // the caller, api, fills in the budget
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
