// Log sessions and their streams, and the output of builds and release phases.

package herokusim

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A sessionParams is the body of a request for a session.
type sessionParams struct {
	Dyno     string `json:"dyno"`
	DynoName string `json:"dyno_name"`
	Type     string `json:"type"`
	Source   string `json:"source"`
	Lines    int    `json:"lines"`
	Tail     bool   `json:"tail"`
}

type session struct {
	id      string
	app     *app
	params  sessionParams
	created time.Duration
	used    bool
	pods    bool // labels are like web-848cd4f64d-pvpr2
}

func (s *Server) newSession(a *app, params sessionParams, now time.Duration) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	fir := s.base.generation() == "fir"
	// On Fir every session is a tail, even if the client does not ask for one.
	params.Tail = params.Tail || fir
	x := &session{id: idOf("session", fmt.Sprint(len(s.sessions), now)), app: a, params: params, created: now, pods: fir}
	s.sessions[x.id] = x
	return x
}

// useSession finds a session; nil if its URL is not valid. The URL is valid for five minutes, and for an
// hour if it was used, as long as the app exists.
func (s *Server) useSession(id string, now time.Duration) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[id]
	if x == nil || !x.used && now > x.created+5*time.Minute || now > x.created+time.Hour || !x.app.there(now) {
		return nil
	}
	x.used = true
	return x
}

// wants reports whether a line passes the session's filters. L11 passes only a filter
// for logplex.
func (x *session) wants(l Line) bool {
	for _, want := range []string{x.params.Dyno, x.params.DynoName, x.params.Type} {
		if want != "" && l.Proc != want && !strings.HasPrefix(l.Proc, want+".") && !(x.pods && strings.HasPrefix(l.Proc, want+"-")) {
			return false
		}
	}
	return x.params.Source == "" || l.Source == x.params.Source
}

// history returns the lines that Heroku still keeps at that time, at most as many as the session asks for.
func (x *session) history(st *Story, now time.Duration) []Line {
	kept := 1500
	if st.Scenario.App.Generation == "fir" {
		kept = 0
	}
	if h := st.Scenario.Log.History; h != nil {
		kept = *h
	}
	var lines []Line
	to := now
	for span := time.Second; kept > 0 && len(lines) < x.params.Lines && to >= st.first(); span *= 2 {
		all := st.Between(to-span, to)
		for i := len(all) - 1; i >= 0 && kept > 0 && len(lines) < x.params.Lines; i-- {
			l := all[i]
			if !l.InHistory {
				continue
			}
			kept--
			if x.wants(l) {
				lines = append(lines, l)
			}
		}
		to -= span
	}
	slices.Reverse(lines)
	return lines
}

// stream sends a session: the history, and then new lines.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	x := s.useSession(strings.TrimPrefix(r.URL.Path, "/logplex/sessions/"), s.Now())
	if x == nil {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	log := s.base.Log
	out := &lineWriter{
		w: w, chunk: log.Chunk, noLineEnds: x.pods,
		events: strings.Contains(r.Header.Get("Accept"), "text/event-stream") && !log.PlainText,
	}
	out.begin()
	joined := s.snapshot(x.app)
	if log.L20 && x.params.Tail {
		out.raw(s.time(joined.now).UTC().Format("2006-01-02T15:04:05.000000+00:00") + " Logplex: Error L20 (Tail sessions forbidden) Tail sessions for this app are forbidden due to log volume.")
		out.send()
		return
	}
	for _, l := range x.history(joined.story, joined.now) {
		out.raw(l.String())
	}
	if !out.send() || !x.params.Tail {
		return
	}
	s.tail(out, r, x, joined)
}

// tail sends new lines.
func (s *Server) tail(out *lineWriter, r *http.Request, x *session, joined snapshot) {
	log := s.base.Log
	tailFrom := time.Duration(math.MinInt64)
	if log.JoinLoss {
		// The history is sent before the tail is joined. Lines between the two are lost.
		tailFrom = joined.now + 200*time.Millisecond
	}
	end := joined.now + orElse(log.Cut, 15*time.Minute)
	at := joined.story.mark(joined.now)
	lastSent := joined.now
	for {
		g := s.snapshot(x.app)
		now := g.now
		if now >= end || g.gone {
			return
		}
		if log.SilentAfter > 0 && now >= joined.now+log.SilentAfter {
			sleep(r, s.until(end), nil)
			return
		}
		deaf := log.DeafAfter > 0 && now >= joined.now+log.DeafAfter
		var lines []Line
		lines, at = g.story.since(at, now)
		for _, l := range lines {
			if l.InTail && x.wants(l) && l.Emitted > tailFrom && !deaf {
				out.raw(l.String())
				lastSent = now
			}
		}
		if log.Heartbeat > 0 && now >= lastSent+log.Heartbeat {
			out.beat()
			lastSent = now
		}
		if !out.send() {
			return
		}
		wake := min(end, g.story.next(at))
		if log.Heartbeat > 0 {
			wake = min(wake, lastSent+log.Heartbeat)
		}
		if log.SilentAfter > 0 {
			wake = min(wake, joined.now+log.SilentAfter)
		}
		if !sleep(r, s.until(wake), g.changed) {
			return
		}
	}
}

// outputStream sends the output of a build or a release phase while it runs.
func (s *Server) outputStream(w http.ResponseWriter, r *http.Request) {
	o, ok := s.output(strings.TrimPrefix(r.URL.Path, "/streams/"))
	if !ok || s.Now() < o.begins {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	out := &lineWriter{w: w}
	out.begin()
	for i, line := range o.lines {
		at := o.begins + (o.ends-o.begins)*time.Duration(i+1)/time.Duration(len(o.lines)+1)
		if left := s.until(at); left > 0 && (!out.send() || !sleep(r, left, nil)) {
			return
		}
		out.raw(line)
	}
	if out.send() {
		sleep(r, max(0, s.until(o.ends)), nil)
	}
}

// output finds the output with that id, of an app that exists.
func (s *Server) output(id string) (output, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		if o, ok := a.story.outputs[id]; ok {
			return o, a.there(s.now())
		}
	}
	return output{}, false
}

// A lineWriter sends lines as text or as server-sent events.
type lineWriter struct {
	w          http.ResponseWriter
	chunk      int  // bytes in a write; zero: everything
	events     bool // server-sent events
	noLineEnds bool // text has no line ends, and events have numbers: as on Fir
	number     int  // of the newest event
	buf        bytes.Buffer
}

func (o *lineWriter) begin() {
	kind := "text/plain"
	if o.events {
		kind = "text/event-stream"
	}
	o.w.Header().Set("Content-Type", kind)
	o.w.WriteHeader(http.StatusOK)
	flush(o.w)
}

func (o *lineWriter) raw(line string) {
	switch {
	case o.events:
		o.number++
		if o.noLineEnds {
			fmt.Fprintf(&o.buf, "id: %d\n", o.number)
		}
		// A message with a line break is still one event.
		fmt.Fprintf(&o.buf, "data: %s\n\n", strings.ReplaceAll(line, "\n", "\ndata: "))
	case o.noLineEnds:
		o.buf.WriteString(line)
	default:
		o.buf.WriteString(line + "\n")
	}
}

// beat sends a heartbeat: in text a null byte, among events a comment.
func (o *lineWriter) beat() {
	if o.events {
		io.WriteString(&o.buf, ":\n\n")
		return
	}
	o.buf.WriteByte(0)
}

// send sends everything in the buffer. It returns false if nobody listens any more.
func (o *lineWriter) send() bool {
	for o.buf.Len() > 0 {
		n := o.buf.Len()
		if o.chunk > 0 {
			n = min(n, o.chunk)
		}
		if _, err := o.w.Write(o.buf.Next(n)); err != nil {
			return false
		}
		flush(o.w)
	}
	return true
}
