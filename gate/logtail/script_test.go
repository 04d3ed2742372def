// A server that plays scripted log sessions, and helpers for lines and observations.

package logtail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// beats is a stream that lasts for d: a first text, heartbeats, and a last text.
func beats(d time.Duration, first, last string) []step {
	steps := []step{{0, first}}
	for left := d; left > 0; left -= 15 * time.Second {
		steps = append(steps, step{min(left, 15*time.Second), "\x00"})
	}
	return append(steps, step{0, last})
}
