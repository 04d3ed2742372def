// The whole tail against scripted log sessions, in virtual time.

package logtail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
)

// secret is in every address of a session and must never come out.
const secret = "s3cr3t-session"

// A step is what a stream does next: wait, then write.
type step struct {
	wait time.Duration
	text string
}

// A script is what happens in one session.
type script struct {
	refuse      error // the answer to the request for the session; nil: it is granted
	status      int   // of the stream; 0: 200
	contentType string
	warning     string
	location    string // address instead of the usual one
	connect     error
	hangs       bool // no answer ever comes
	steps       []step
	open        bool // the stream stays open after the last step
	broken      bool // the stream ends with an error
}

// A server plays scripts: those of tails for sessions that follow the log, those of histories for sessions that
// only read the history. It repeats the last script of each list.
type server struct {
	mu               sync.Mutex
	tails, histories []script
	asked            []string // the sessions that were requested, and when
	begin            time.Time
	playing          map[string]script
	withKey          bool
}

func next(list *[]script) script {
	s := (*list)[0]
	if len(*list) > 1 {
		*list = (*list)[1:]
	}
	return s
}

func (s *server) LogSession(_ context.Context, app string, lines int, tail bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, fmt.Sprintf("%v %s %d %v", time.Since(s.begin).Round(time.Second), app, lines, tail))
	var play script
	if tail {
		play = next(&s.tails)
	} else {
		play = next(&s.histories)
	}
	if play.refuse != nil {
		return "", play.refuse
	}
	if play.location != "" {
		return play.location, nil
	}
	id := fmt.Sprintf("/sessions/%s-%d", secret, len(s.asked))
	s.playing[id] = play
	return "https://logs.example.com" + id + "?srv=" + secret, nil
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	play, ok := s.playing[req.URL.Path]
	s.withKey = s.withKey || req.Header.Get("Authorization") != ""
	s.mu.Unlock()
	switch {
	case !ok:
		return nil, fmt.Errorf("unknown session %s", req.URL)
	case play.hangs:
		<-req.Context().Done()
		return nil, req.Context().Err()
	case play.connect != nil:
		return nil, play.connect
	}
	r, w := io.Pipe()
	go func() {
		for _, st := range play.steps {
			select {
			case <-time.After(st.wait):
			case <-req.Context().Done():
			}
			if _, err := io.WriteString(w, st.text); err != nil {
				return
			}
		}
		switch {
		case play.open:
			<-req.Context().Done()
			w.CloseWithError(req.Context().Err())
		case play.broken:
			w.CloseWithError(fmt.Errorf("reset while reading %s", req.URL))
		default:
			w.Close()
		}
	}()
	h := http.Header{"Content-Type": {"text/plain"}}
	if play.contentType != "" {
		h.Set("Content-Type", play.contentType)
	}
	if play.warning != "" {
		h.Set("X-Heroku-Warning", play.warning)
	}
	status := play.status
	if status == 0 {
		status = http.StatusOK
	}
	if status/100 == 3 {
		h.Set("Location", "https://elsewhere.example.com/"+secret)
	}
	return &http.Response{StatusCode: status, Header: h, Body: r, Request: req}, nil
}

var day = time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)

// at is a line of the log, that many seconds after day.
func at(seconds float64, rest string) string {
	return moment(seconds).Format("2006-01-02T15:04:05.000000+00:00") + " " + rest + "\n"
}

func moment(seconds float64) time.Time { return day.Add(time.Duration(seconds * float64(time.Second))) }

func exit(seconds float64) string  { return at(seconds, "heroku[web.1]: Process exited with status 0") }
func other(seconds float64) string { return at(seconds, "app[web.1]: hello") }

// play runs a tail for a while and returns what it emitted, with the whole seconds
// since the start.
func play(t *testing.T, s *server, d time.Duration, change ...func(*Tail)) []string {
	t.Helper()
	var told []string
	synctest.Test(t, func(t *testing.T) {
		s.begin, s.playing = time.Now(), map[string]script{}
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		tail := &Tail{App: "shop", Sessions: s, Transport: s, Refused: func(err error) bool { return errors.Is(err, errNever) }}
		for _, f := range change {
			f(tail)
		}
		over := false
		tail.Run(ctx, func(o observe.Observation) {
			if over {
				t.Error("emit was called after the end")
			}
			told = append(told, tell(t, time.Since(s.begin), o))
		})
		over = true
		time.Sleep(time.Minute)
	})
	all := strings.Join(told, "\n")
	if strings.Contains(all, secret) || s.withKey {
		t.Errorf("a secret came out:\n%s", all)
	}
	return told
}

var errNever = errors.New("403: not for you")

func tell(t *testing.T, d time.Duration, o observe.Observation) string {
	rest := o
	rest.Line, rest.Log = nil, nil
	if diff := cmp.Diff(observe.Observation{}, rest); diff != "" {
		t.Errorf("more than a line or a status: %s", diff)
	}
	text := d.Truncate(time.Second).String() + " "
	switch {
	case o.Line != nil:
		text += fmt.Sprintf("%s %v", o.Line.Kind, o.Line.Stamp.Sub(day).Seconds())
	case o.Log.State == observe.Flowing && o.Log.Since.IsZero():
		text += "flowing"
	case o.Log.State == observe.Flowing:
		text += fmt.Sprintf("flowing since %v", o.Log.Since.Sub(day).Seconds())
	default:
		text += string(o.Log.State) + ": " + o.Log.Reason
	}
	return text
}

func TestTail(t *testing.T) {
	t.Parallel()
	history := other(1) + exit(2) + other(3)
	full := strings.Repeat(other(0), wholeBelow)
	once := func(s ...script) []script { return s }
	steady := script{open: true, steps: []step{{0, history}, {20 * time.Second, "\x00"}, {20 * time.Second, "\x00"}, {20 * time.Second, "\x00"}, {20 * time.Second, "\x00"}}}
	whole := script{steps: []step{{0, history}}}
	cases := map[string]struct {
		tails, histories []script
		lasts            time.Duration
		want             []string
		asked            []string
	}{
		"history, then live": {
			once(script{open: true, steps: []step{{0, history}, {5 * time.Second, exit(9)}}}), once(whole), 10 * time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1", "5s exit 9"},
			[]string{"0s shop 1500 true", "1s shop 1500 false"},
		},
		"a line lost while joining": {
			once(script{open: true, steps: []step{{0, history}}}), once(script{steps: []step{{0, history + exit(4)}}}), 5 * time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s exit 4", "1s flowing since 1"}, nil,
		},
		"cut into bytes, as events": {
			once(script{open: true, contentType: "text/event-stream", steps: []step{
				{0, "id: 1\ndata: " + exit(2)[:20]}, {time.Second / 2, "\x00" + exit(2)[20:] + "\n: beat\n"},
			}}), once(whole), 5 * time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1"}, nil,
		},
		"no history": {
			once(script{open: true, steps: []step{{0, "\x00"}, {4 * time.Second, exit(9)}}}), once(script{}), 10 * time.Second,
			[]string{"1s flowing", "4s exit 9", "4s flowing since 9"}, nil,
		},
		"a full history begins with its first line in time": {
			once(script{open: true}),
			once(script{steps: []step{{0, at(-30, "app[api]: Release v2 created by user x") + at(-90, "heroku[router]: at=info") + full}}}),
			3 * time.Second,
			[]string{"1s api -30", "1s flowing since 0"}, nil,
		},
		"a history that was thrown away, too": {
			once(script{open: true}),
			once(script{warning: "Warning: log history discarded due to excessive volume.", steps: []step{{0, at(-30, "app[api]: Build succeeded") + other(0)}}}),
			3 * time.Second,
			[]string{"1s api -30", "1s flowing since 0"}, nil,
		},
		"a whole history begins with its earliest line": {
			once(script{open: true}), once(script{steps: []step{{0, at(-30, "app[api]: Release v2 created by user x") + other(0)}}}), 3 * time.Second,
			[]string{"1s api -30", "1s flowing since -30"}, nil,
		},
		"the stream ends, and on without a gap": {
			once(script{steps: beats(90*time.Second, history, exit(800))}, steady),
			once(whole, script{steps: []step{{0, other(700) + exit(800) + exit(901)}}}), 90*time.Second + 5*time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1", "1m30s exit 800", "1m30s broken: the log stream ended",
				"1m30s exit 2", "1m31s exit 800", "1m31s exit 901", "1m31s flowing since 1"}, nil,
		},
		"a gap": {
			once(script{steps: beats(90*time.Second, history, exit(800))}, script{open: true, steps: []step{{0, exit(1000)}}}),
			once(whole, script{steps: []step{{0, other(950) + exit(1000)}}}), 90*time.Second + 5*time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1", "1m30s exit 800", "1m30s broken: the log stream ended",
				"1m30s exit 1000", "1m31s gapped: " + breakReason, "1m31s exit 1000", "1m31s exit 1000", "1m31s flowing since 950"}, nil,
		},
		"the platform lost lines": {
			once(script{open: true, steps: []step{{0, history}, {5 * time.Second, exit(9) + exit(10.5) + at(10, "heroku[logplex]: Error L11 (Tail buffer overflow)")}, {time.Second, exit(12)}}}),
			once(whole), 10 * time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1", "5s exit 9", "5s exit 10.5", "5s loss 10",
				"5s gapped: " + lossReason, "5s flowing since 10.500001", "6s exit 12"}, nil,
		},
		"an app that says so did not": {
			once(script{open: true, steps: []step{{0, history}, {5 * time.Second, at(10, "app[web.1]: Error L11 (Tail buffer overflow)")}}}),
			once(whole), 10 * time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1"}, nil,
		},
		"a loss within the history": {
			once(script{open: true}), once(script{steps: []step{{0, history + at(4, "app[log-shuttle]: Error L12: 3 messages dropped since x.") + exit(5)}}}), 3 * time.Second,
			[]string{"1s exit 2", "1s loss 4", "1s exit 5", "1s flowing since 4"}, nil,
		},
		"silence": {
			once(script{open: true, steps: []step{{0, history}, {25 * time.Second, "\x00"}}}, steady), once(whole), 58 * time.Second,
			[]string{"0s exit 2", "1s exit 2", "1s flowing since 1", "55s broken: the log stream was silent for too long",
				"55s exit 2", "56s exit 2", "56s flowing since 1"}, nil,
		},
		"no answer": {
			once(script{hangs: true}, steady), once(whole), 33 * time.Second,
			[]string{"30s broken: opening the log: no answer within 30s", "30s exit 2", "31s exit 2", "31s flowing since 1"}, nil,
		},
		"L20": {
			once(script{steps: []step{{0, at(1, "Logplex: Error L20 (Tail sessions forbidden) Tail sessions for this app are forbidden due to log volume.")}, {time.Second, ""}}}),
			once(whole), time.Minute,
			[]string{"0s refused: the platform forbids to follow this app's log because of its volume (L20)"}, []string{"0s shop 1500 true"},
		},
		"refused": {
			once(script{refuse: errNever}), nil, time.Minute,
			[]string{"0s refused: 403: not for you"}, []string{"0s shop 1500 true"},
		},
		"the second session refused": {
			once(steady), once(script{refuse: errNever}), time.Minute,
			[]string{"0s exit 2", "1s refused: 403: not for you"}, nil,
		},
		"the history cannot be read at first": {
			once(steady), once(script{status: 404}, script{broken: true, steps: []step{{0, history}}}, whole), 10 * time.Second,
			[]string{"0s exit 2", "1s broken: opening the log: the log server answered 404 Not Found", "exit 2", "flowing since 1"}, nil,
		},
		"said once": {
			once(script{status: 404}, script{status: 302}, script{connect: fmt.Errorf("dial https://x/sessions/%s-1", secret)}, script{broken: true}, steady),
			once(whole), time.Minute,
			[]string{"0s broken: opening the log: the log server answered 404 Not Found", "exit 2", "exit 2", "flowing since 1"}, nil,
		},
		"an address in the clear": {
			once(script{location: "http://logs.example.com/" + secret}), once(whole), 5 * time.Second,
			[]string{"0s broken: opening the log: the platform sent an address without TLS, which is not used"}, nil,
		},
		"no address": {
			once(script{location: "::" + secret}), once(whole), 5 * time.Second,
			[]string{"0s broken: opening the log: the platform sent no valid address"}, nil,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{tails: c.tails, histories: c.histories}
			got := play(t, s, c.lasts)
			for i, want := range c.want { // a jittered moment is left out
				if i < len(got) && (strings.HasPrefix(want, "exit") || strings.HasPrefix(want, "flowing")) {
					_, got[i], _ = strings.Cut(got[i], " ")
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.asked, s.asked); c.asked != nil && diff != "" {
				t.Errorf("asked for: -want +got:\n%s", diff)
			}
		})
	}
}

// beats is a stream that lasts for d: a first text, heartbeats, and a last text.
func beats(d time.Duration, first, last string) []step {
	steps := []step{{0, first}}
	for left := d; left > 0; left -= 15 * time.Second {
		steps = append(steps, step{min(left, 15*time.Second), "\x00"})
	}
	return append(steps, step{0, last})
}

func TestABrokenLogCostsFewRequests(t *testing.T) {
	t.Parallel()
	s := &server{tails: []script{{status: 503}}, histories: []script{{}}}
	play(t, s, 10*time.Minute)
	if n := len(s.asked); n < 35 || n > 90 {
		t.Errorf("%d sessions in 10 minutes", n)
	}
}

func TestErrorsDoNotQuoteTheAddress(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://u:p4ss@h.example.com/a/" + secret + "?k=" + secret + "2")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"dial tcp: h.example.com: refused":  "dial tcp: h.example.com: refused",
		"get " + u.String():                 "the connection failed",
		"path /a/" + secret + " is bad":     "the connection failed",
		"query k=" + secret + "2 is bad":    "the connection failed",
		"proxy says no to u:p4ss, you know": "the connection failed",
	} {
		if got := redactURL(errors.New(in), u); got != want {
			t.Errorf("redactURL(%q) = %q, want %q", in, got, want)
		}
	}
}
