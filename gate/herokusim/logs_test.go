// Tests of log streams in virtual time: which lines come when, in which form, and with which faults.

package herokusim

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// open opens a log session and its stream.
func open(t *testing.T, ctx context.Context, s *Server, wish, accept string) io.ReadCloser {
	t.Helper()
	post, _ := http.NewRequestWithContext(ctx, "POST", "http://localhost/apps/"+s.apps[0].story.Scenario.AppName()+"/log-sessions", strings.NewReader(wish))
	post.Header.Set("Authorization", "Bearer key")
	resp, err := s.Transport().RoundTrip(post)
	if err != nil {
		t.Fatal(err)
	}
	var session struct {
		URL string `json:"logplex_url"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&session); err != nil || resp.StatusCode != 201 {
		t.Fatalf("opening a session: %d, %v", resp.StatusCode, err)
	}
	resp.Body.Close()
	get, _ := http.NewRequestWithContext(ctx, "GET", session.URL, nil)
	get.Header.Set("Accept", accept)
	resp, err = s.Transport().RoundTrip(get)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("opening a stream: %v, %v", resp, err)
	}
	return resp.Body
}

// lines reads the stream to its end. Each line has the virtual time at which it
// came.
func lines(body io.Reader, start time.Time) []string {
	var got []string
	for scan := bufio.NewScanner(body); scan.Scan(); {
		got = append(got, time.Since(start).String()+" "+scan.Text())
	}
	return got
}

func TestTailComesOnTime(t *testing.T) {
	t.Parallel()
	st := tell(t, "measured-deploy")
	synctest.Test(t, func(t *testing.T) {
		s, start := NewServer(st, Options{From: 300 * time.Second}), time.Now()
		got := lines(open(t, t.Context(), s, `{"tail": true, "lines": 0, "dyno": "web.10", "source": "heroku"}`, ""), start)
		want := "7.8s 2020-09-18T23:56:40.800000+00:00 heroku[web.10]: Stopping all processes with SIGTERM\n" +
			"8s 2020-09-18T23:56:41.000000+00:00 heroku[web.10]: Process exited with status 143"
		if text := strings.Join(got, "\n"); text != want {
			t.Errorf("got\n%s\nwant\n%s", text, want)
		}
		if passed := time.Since(start); passed != 15*time.Minute {
			t.Errorf("the stream ended after %s", passed)
		}
	})
}

// On Fir a client gets a tail without asking for it.
func TestFirAlwaysTails(t *testing.T) {
	t.Parallel()
	st := tell(t, "fir")
	synctest.Test(t, func(t *testing.T) {
		s, start := NewServer(st, Options{From: -time.Second}), time.Now()
		got := lines(open(t, t.Context(), s, `{"source": "heroku", "lines": 5}`, "text/event-stream"), start)
		if passed := time.Since(start); passed != 15*time.Minute || len(got) < 6 {
			t.Errorf("the stream ended after %s and %d lines", passed, len(got))
		}
	})
}

// On Fir text has no line ends, events have numbers, and a message of several lines is one event.
func TestFormsOfFir(t *testing.T) {
	t.Parallel()
	first, second := "2026-06-09T16:13:37.000000+00:00 app[web.1]: a", "2026-06-09T16:13:38.000000+00:00 app[web.1]: c"
	events := "id: 1\ndata: " + first + "\ndata: b\n\nid: 2\ndata: " + second + "\n\n"
	for name, c := range map[string]struct{ log, accept, want string }{
		"text":                     {"{cut: 5s}", "text/plain", first + "\nb" + second},
		"events":                   {"{cut: 5s}", "text/event-stream", events},
		"text for who wants other": {"{cut: 5s, plain-text: true}", "text/event-stream", first + "\nb" + second},
		"deaf in between":          {"{cut: 5s, deaf-after: 1500ms}", "text/event-stream", "id: 1\ndata: " + first + "\ndata: b\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := tellText(t, `types: {web: {quantity: 1}}
app: {space: west, generation: fir}
noise: 0
events:
  - {at: 1s, say: {label: web.1, text: "a\nb"}}
  - {at: 2s, say: {label: web.1, text: c}}
log: `+c.log+"\n")
			synctest.Test(t, func(t *testing.T) {
				body, err := io.ReadAll(open(t, t.Context(), NewServer(st, Options{}), "{}", c.accept))
				if err != nil || string(body) != c.want {
					t.Errorf("%v, got  %q\nwant %q", err, body, c.want)
				}
			})
		})
	}
}

func TestStreamAtHigherSpeed(t *testing.T) {
	t.Parallel()
	st := tell(t, "measured-deploy")
	synctest.Test(t, func(t *testing.T) {
		s, start := NewServer(st, Options{From: -2 * time.Second, Speed: 10}), time.Now()
		got := lines(open(t, t.Context(), s, `{"tail": true, "lines": 0, "dyno": "web.10", "source": "heroku"}`, ""), start)
		last := got[len(got)-1]
		if at, _, _ := strings.Cut(last, " "); at != "31s" && at != "31.000000001s" {
			t.Errorf("the last exit came at %s", last)
		}
	})
}

func TestStreamForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ log, wish, accept, want string }{
		"history":   {"{}", `{"lines": 2, "dyno": "web.1"}`, "", "S heroku[web.1]: Starting process with command `bundle exec puma -C config/puma.rb`\nS heroku[web.1]: State changed from starting to up\n"},
		"events":    {"{}", `{"lines": 1, "dyno": "web.1"}`, "text/event-stream", "data: S heroku[web.1]: State changed from starting to up\n\n"},
		"none kept": {"{history: 0}", `{"lines": 9, "dyno": "web.1"}`, "", ""},
		"l20":       {"{l20: true}", `{"tail": true}`, "", "S Logplex: Error L20 (Tail sessions forbidden) Tail sessions for this app are forbidden due to log volume.\n"},
		"heartbeat": {"{heartbeat: 15s, cut: 40s}", `{"lines": 0, "tail": true, "dyno": "web.1"}`, "", "\x00\x00"},
		"silent":    {"{heartbeat: 15s, cut: 40s, silent-after: 20s}", `{"lines": 0, "tail": true, "dyno": "web.1"}`, "", "\x00"},
		"deaf":      {"{heartbeat: 15s, cut: 40s, deaf-after: 20s}", `{"lines": 0, "tail": true, "dyno": "web.1"}`, "text/event-stream", ":\n\n:\n\n"},
		"text":      {"{plain-text: true}", `{"lines": 1, "dyno": "web.1"}`, "text/event-stream", "S heroku[web.1]: State changed from starting to up\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := tellText(t, "types: {web: {quantity: 1}}\nnoise: 0\nlog: "+c.log+"\n")
			synctest.Test(t, func(t *testing.T) {
				body, err := io.ReadAll(open(t, t.Context(), NewServer(st, Options{}), c.wish, c.accept))
				if err != nil {
					t.Fatal(err)
				}
				var got strings.Builder
				for line := range strings.SplitAfterSeq(string(body), "\n") {
					prefix, rest, ok := strings.Cut(line, "+00:00 ")
					if ok {
						line = "S " + rest
						if strings.HasPrefix(prefix, "data: ") {
							line = "data: S " + rest
						}
					}
					got.WriteString(line)
				}
				if got.String() != c.want {
					t.Errorf("got  %q\nwant %q", got.String(), c.want)
				}
			})
		})
	}
}

const saying = "types: {web: {quantity: 1}}\nnoise: 0\nevents:\n  - {at: 1s, say: {label: web.1, text: tick, every: 1s, times: 9}}\nlog: "

func TestLogFaults(t *testing.T) {
	t.Parallel()
	for log, want := range map[string]string{
		"{}":                           "ticks at 1s 2s 3s 4s 5s 6s 7s 8s 9s",
		"{chunk: 7}":                   "ticks at 1s 2s 3s 4s 5s 6s 7s 8s 9s",
		"{cut: 3500ms}":                "ticks at 1s 2s 3s",
		"{late: {share: 1, by: 2s}}":   "ticks at 3s 4s 5s 6s 7s 8s 9s 10s 11s",
		"{double: 1, cut: 2900ms}":     "ticks at 1s 1.3s 2s 2.3s",
		"{deaf-after: 4500ms}":         "ticks at 1s 2s 3s 4s",
		"{lose: [{from: 2s, to: 5s}]}": "ticks at 1s 5s 6s 7s 8s 9s",
		"{lose: [{from: 2s, to: 8s, notice: L11}]}": "ticks at 1s [8s Error L11 (Tail buffer overflow) -> This tail session dropped 6 messages since 2026-06-09T16:13:38+00:00.] 8s 9s",
		"{lose: [{from: 2s, to: 8s, notice: L13}]}": "ticks at 1s [8s Error L13: 6 messages lost since 2026-06-09T16:13:38+00:00.] 8s 9s",
		"{lose: [{from: 2s, to: 8s, notice: L12}]}": "ticks at 1s [8s Error L12: 6 messages dropped since 2026-06-09T16:13:38+00:00.] 8s 9s",
	} {
		t.Run(log, func(t *testing.T) {
			t.Parallel()
			st := tellText(t, saying+log+"\n")
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				got := "ticks at"
				for _, line := range lines(open(t, t.Context(), NewServer(st, Options{}), `{"lines": 0, "tail": true}`, ""), start) {
					at, text, _ := strings.Cut(line, " ")
					_, text, _ = strings.Cut(text, "]: ")
					if text == "tick" {
						got += " " + at
					} else {
						got += " [" + at + " " + text + "]"
					}
				}
				if got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		})
	}
}

// Lines that come while a tail is joined are in neither history nor tail, but in
// the history of the next session.
func TestJoinLoss(t *testing.T) {
	t.Parallel()
	st := tellText(t, saying+"{join-loss: true, cut: 1500ms}\n")
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(st, Options{From: 1900 * time.Millisecond})
		first := lines(open(t, t.Context(), s, `{"tail": true, "lines": 2, "dyno": "web.1", "source": "app"}`, ""), time.Now())
		second := lines(open(t, t.Context(), s, `{"lines": 3, "dyno": "web.1", "source": "app"}`, ""), time.Now())
		if len(first) != 2 || len(second) != 3 {
			t.Errorf("first session %v, second %v", first, second)
		}
	})
}

func TestStreamsEndWithTheirReader(t *testing.T) {
	t.Parallel()
	st := tell(t, "measured-deploy")
	// If a goroutine is left, the synctest bubble fails.
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(st, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		open(t, t.Context(), s, `{"tail": true}`, "").Close()
		body := open(t, ctx, s, `{"tail": true, "lines": 1}`, "")
		time.Sleep(time.Second)
		cancel()
		if _, err := io.ReadAll(body); err == nil {
			t.Error("a cancelled stream ends as if it were whole")
		}
	})
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(tell(t, "plain-restart"), Options{})
		s.Begin()
		x := s.newSession(s.apps[0], sessionParams{}, s.Now())
		time.Sleep(6 * time.Minute)
		if resp, _ := ask(t, s, "GET", "/logplex/sessions/"+x.id); resp.StatusCode != 404 {
			t.Errorf("a session that nobody used for 6 minutes is answered with %d", resp.StatusCode)
		}
		if resp, _ := ask(t, s, "GET", "/logplex/sessions/nothing"); resp.StatusCode != 404 {
			t.Errorf("an unknown session is answered with %d", resp.StatusCode)
		}
	})
}

func TestRefusedSession(t *testing.T) {
	t.Parallel()
	s := NewServer(tellText(t, "types: {web: {quantity: 1}}\nlog: {refused: 403}\n"), Options{})
	if resp, body := ask(t, s, "POST", "/apps/example/log-sessions"); resp.StatusCode != 403 || !strings.Contains(body, `"id":"forbidden"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestOutputOfAReleasePhase(t *testing.T) {
	t.Parallel()
	st := tell(t, "phase-fails")
	synctest.Test(t, func(t *testing.T) {
		s, start := NewServer(st, Options{From: 500 * time.Millisecond}), time.Now()
		var release struct {
			URL string `json:"output_stream_url"`
		}
		_, body := ask(t, s, "GET", "/apps/phased/releases/v42")
		if err := json.Unmarshal([]byte(body), &release); err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(release.URL, "https://api.heroku.com")
		if resp, _ := ask(t, s, "GET", path); resp.StatusCode != 404 {
			t.Errorf("before it begins: %d", resp.StatusCode)
		}
		time.Sleep(time.Second)
		resp, text := ask(t, s, "GET", path)
		if resp.StatusCode != 200 || strings.Count(text, "\n") != 3 || !strings.Contains(text, "rake aborted!") {
			t.Errorf("%d %q", resp.StatusCode, text)
		}
		if passed := time.Since(start); passed != 19*time.Second {
			t.Errorf("the output ended after %s", passed)
		}
	})
}
