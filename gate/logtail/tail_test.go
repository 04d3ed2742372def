// The whole tail against scripted log sessions, in virtual time.

package logtail

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
		// The same exit with half of its text would count as a second exit.
		"the history ends in the middle of a line": {
			once(script{open: true, steps: []step{{0, history + exit(4)}}}), once(script{steps: []step{{0, history + exit(4)[:len(exit(4))-6]}}}), 5 * time.Second,
			[]string{"0s exit 2", "0s exit 4", "1s exit 2", "1s flowing since 1"}, nil,
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
