// Streams that take over from each other, and a log without history.

package logtail

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lasting is a stream that lasts for d; 0: for ever. It brings lines at their times, heartbeats in between,
// and a line of the app each minute.
func lasting(d time.Duration, lines told) script {
	s := quietly(d, lines)
	for i, at := 0, time.Duration(0); i < len(s.steps); i++ {
		if at += s.steps[i].wait; at%time.Minute == 0 && s.steps[i].text == beat {
			s.steps[i].text = "data: " + other(at.Seconds()) + "\n"
		}
	}
	return s
}

const beat = ":\n\n"

// quietly is lasting without lines of the app.
func quietly(d time.Duration, lines told) script {
	s := script{contentType: "text/event-stream", open: d == 0}
	if d == 0 {
		d = time.Hour
	}
	when := slices.Collect(maps.Keys(lines))
	for at := time.Duration(0); at < d; at += 15 * time.Second {
		when = append(when, at)
	}
	slices.Sort(when)
	last := time.Duration(0)
	for _, at := range slices.Compact(append(when, d)) {
		text := beat
		if line, ok := lines[at]; ok {
			text = "data: " + line + "\n"
		}
		s.steps = append(s.steps, step{at - last, text})
		last = at
	}
	return s
}

type told = map[time.Duration]string

func TestOneStreamTakesOverFromAnother(t *testing.T) {
	t.Parallel()
	old := told{0: other(1) + "\ndata: " + exit(2), 12 * time.Minute: exit(720)}
	first, later := script{steps: []step{{0, other(1) + exit(2)}}}, script{steps: []step{{0, exit(720) + exit(770)}}}
	begin := []string{"0s exit 2", "1s exit 2", "1s flowing since 1", "12m0s exit 720"}
	for name, c := range map[string]struct {
		tails, histories []script
		lasts            time.Duration
		want             []string
		asked            string // when a stream was asked for
	}{
		"the one that is 13 minutes old is still there": {
			[]script{lasting(0, old), lasting(0, told{10 * time.Second: exit(790)})}, []script{first, later}, 14 * time.Minute,
			[]string{"13m1s exit 720", "13m1s exit 770", "13m1s flowing since 1", "13m10s exit 790"}, "0s 13m0s",
		},
		"three times": {
			[]script{lasting(0, old), lasting(0, nil)}, []script{first, later}, 30 * time.Minute,
			[]string{"13m1s exit 720", "13m1s exit 770", "13m1s flowing since 1", "26m1s exit 720", "26m1s exit 770", "26m1s flowing since 1"}, "0s 13m0s 26m0s",
		},
		"both bring the same line meanwhile": {
			[]script{lasting(0, told{0: other(1), 13 * time.Minute: exit(780)}), lasting(0, told{0: exit(780)})},
			[]script{first, {steps: []step{{0, other(1) + exit(780)}}}}, 14 * time.Minute,
			[]string{"13m0s exit 780", "13m0s exit 780", "13m1s exit 780", "13m1s flowing since 1"}, "0s 13m0s",
		},
		"it ends while the next one is read": {
			[]script{lasting(13*time.Minute+0, old), lasting(0, nil)}, []script{first, later}, 14 * time.Minute,
			[]string{"13m0s broken: the log stream ended", "13m1s exit 720", "13m1s exit 770", "13m1s flowing since 1"}, "0s 13m0s",
		},
		"the next one fails at first": {
			[]script{lasting(0, old), {status: 503}, {connect: errors.New("no route")}, lasting(0, nil)}, []script{first, later}, 14 * time.Minute,
			[]string{"exit 720", "exit 770", "flowing since 1"}, "0s 13m0s",
		},
		"the next one is refused": { // the present one is read to its end
			[]script{lasting(15*time.Minute, old), {refuse: errNever}, lasting(0, nil)}, []script{first, later}, 16 * time.Minute,
			[]string{"15m0s broken: the log stream ended", "15m1s exit 720", "15m1s exit 770", "15m1s flowing since 1"}, "0s 13m0s 15m0s",
		},
		"the next one is forbidden": {
			[]script{lasting(15*time.Minute, old), {steps: []step{{0, "Logplex: Error L20 (Tail sessions forbidden)\n"}}}}, []script{first, later}, 16 * time.Minute,
			[]string{"15m0s broken: the log stream ended", "15m0s refused: the platform forbids to follow this app's log because of its volume (L20)"}, "0s 13m0s 15m0s",
		},
		"the history does not reach back": {
			[]script{lasting(0, old), lasting(0, nil)}, []script{first, {steps: []step{{0, other(770) + exit(775)}}}}, 14 * time.Minute,
			[]string{"13m1s gapped: " + breakReason, "13m1s exit 775", "13m1s flowing since 770"}, "0s 13m0s",
		},
		"the platform says in between that it lost lines": {
			[]script{lasting(0, told{0: other(1), 13 * time.Minute: at(780, "heroku[logplex]: Error L12: 3 messages dropped since x.")}),
				lasting(0, told{50 * time.Millisecond: at(780, "heroku[logplex]: Error L12: 3 messages dropped since x.")})},
			[]script{first, {steps: []step{{0, other(1) + at(780, "heroku[logplex]: Error L12: 3 messages dropped since x.")}}}}, 14 * time.Minute,
			[]string{"13m0s loss 780", "13m0s gapped: " + lossReason, "13m0s flowing since 780", "13m0s loss 780", "13m1s loss 780", "13m1s flowing since 780"}, "0s 13m0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{tails: c.tails, histories: c.histories}
			got := play(t, s, c.lasts)
			n := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, "13m") || strings.HasPrefix(line, "15m") })
			if c.tails[0].steps[0].text == lasting(0, old).steps[0].text {
				if diff := cmp.Diff(begin, got[:max(n, 0)]); diff != "" {
					t.Errorf("the beginning: -want +got:\n%s", diff)
				}
			}
			got = got[max(n, 0):]
			for i, want := range c.want { // a jittered moment is left out
				if i < len(got) && (strings.HasPrefix(want, "exit") || strings.HasPrefix(want, "flowing")) {
					_, got[i], _ = strings.Cut(got[i], " ")
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if asked := followed(s); !strings.HasPrefix(asked, c.asked) {
				t.Errorf("streams were asked for at %s, want %s", asked, c.asked)
			}
		})
	}
}

// followed is when streams were requested.
func followed(s *server) string {
	var when []string
	for _, a := range s.asked {
		if at, ok := strings.CutSuffix(a, " shop 1500 true"); ok {
			when = append(when, at)
		}
	}
	return strings.Join(when, " ")
}

// A stream that brings only heartbeats is closed when the caller knows that it should have brought more.
func TestRenewReopensTheStream(t *testing.T) {
	t.Parallel()
	s := &server{
		tails:     []script{lasting(0, told{0: exit(2)}), lasting(0, told{10 * time.Second: exit(190)})},
		histories: []script{{steps: []step{{0, other(1) + exit(2)}}}, {steps: []step{{0, exit(2) + exit(60)}}}},
	}
	got := play(t, s, 4*time.Minute, func(tail *Tail) {
		time.AfterFunc(3*time.Minute, func() { tail.Renew(); tail.Renew() })
	})
	want := []string{"0s exit 2", "1s exit 2", "1s flowing since 1", "3m0s broken: " + errNoNews.Error(),
		"3m1s exit 2", "3m1s exit 60", "3m1s flowing since 1", "3m10s exit 190"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if asked := followed(s); asked != "0s 3m0s" {
		t.Errorf("streams were asked for at %s", asked)
	}
}

// A stream that brings only heartbeats may be dead. The next one is opened to find out; less and
// less often if there were no lines to bring.
func TestAQuietStreamIsReplaced(t *testing.T) {
	t.Parallel()
	lines := script{steps: []step{{0, other(1) + exit(2)}}}
	more := script{steps: []step{{0, exit(2) + exit(60)}}}
	for name, c := range map[string]struct {
		tails, histories []script
		lasts            time.Duration
		want             []string
		asked            string
	}{
		"a quiet app": {
			[]script{quietly(0, told{0: other(1) + "\ndata: " + exit(2)}), quietly(0, told{0: exit(2)})}, []script{lines}, 30 * time.Minute,
			[]string{"2m0s exit 2", "2m1s exit 2", "2m1s flowing since 1", "6m0s exit 2", "6m1s exit 2", "6m1s flowing since 1",
				"14m0s exit 2", "14m1s exit 2", "14m1s flowing since 1", "27m0s exit 2", "27m1s exit 2", "27m1s flowing since 1"},
			"0s 2m0s 6m0s 14m0s 27m0s",
		},
		"a dead stream": {
			[]script{quietly(0, told{0: exit(2)}), lasting(0, nil)}, []script{lines, more}, 5 * time.Minute,
			[]string{"2m1s exit 2", "2m1s exit 60", "2m1s flowing since 1"}, "0s 2m0s",
		},
		"each stream dies after some seconds": {
			[]script{quietly(0, told{0: exit(2), 10 * time.Second: exit(12)})}, []script{lines, {steps: []step{{0, exit(2) + exit(12) + exit(60)}}}}, 5 * time.Minute,
			[]string{"10s exit 12", "2m10s exit 2", "2m11s exit 2", "2m11s exit 12", "2m11s exit 60", "2m11s flowing since 1", "2m20s exit 12",
				"4m20s exit 2", "4m21s exit 2", "4m21s exit 12", "4m21s exit 60", "4m21s flowing since 1", "4m30s exit 12"},
			"0s 2m10s 4m20s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{tails: c.tails, histories: c.histories}
			got := play(t, s, c.lasts)
			if diff := cmp.Diff(c.want, got[slices.Index(got, "1s flowing since 1")+1:]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if asked := followed(s); asked != c.asked {
				t.Errorf("streams were asked for at %s, want %s", asked, c.asked)
			}
		})
	}
}

func TestAQuietStreamIsReplacedLessOftenWithALowBudget(t *testing.T) {
	t.Parallel()
	s := &server{tails: []script{quietly(0, nil)}, histories: []script{{}}}
	play(t, s, 29*time.Minute, func(tail *Tail) { tail.Spacing = func() time.Duration { return 10 * time.Minute } })
	if asked := followed(s); asked != "0s 10m0s 20m0s" {
		t.Errorf("streams were asked for at %s", asked)
	}
}

// A log without history is whole from its first line on, as long as each stream overlaps the next.
func TestALogWithoutHistory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tails []script
		lasts time.Duration
		want  []string
	}{
		"flows": {
			[]script{lasting(0, told{10 * time.Second: exit(10)})}, time.Minute,
			[]string{"1s flowing", "10s exit 10", "10s flowing since 10"},
		},
		"is taken over": {
			[]script{lasting(0, told{10 * time.Second: exit(10)}), lasting(0, told{10 * time.Second: exit(790)})}, 14 * time.Minute,
			[]string{"1s flowing", "10s exit 10", "10s flowing since 10", "13m1s flowing since 10", "13m10s exit 790"},
		},
		"breaks": {
			[]script{lasting(5*time.Minute, told{10 * time.Second: exit(10)}), lasting(0, told{10 * time.Second: exit(310)})}, 6 * time.Minute,
			[]string{"1s flowing", "10s exit 10", "10s flowing since 10", "5m0s broken: the log stream ended",
				"5m1s gapped: " + noneReason, "5m1s flowing", "5m10s exit 310", "5m10s flowing since 310"},
		},
		"breaks as it is taken over": {
			[]script{lasting(13*time.Minute, told{10 * time.Second: exit(10)}), lasting(0, told{100 * time.Millisecond: exit(780)})}, 14 * time.Minute,
			[]string{"1s flowing", "10s exit 10", "10s flowing since 10", "13m0s broken: the log stream ended", "13m0s exit 780",
				"13m1s gapped: " + noneReason, "13m1s exit 780", "13m1s flowing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{tails: c.tails, histories: []script{{refuse: errors.New("nobody may ask")}}}
			got := play(t, s, c.lasts, func(tail *Tail) { tail.NoHistory = func() bool { return true } })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if strings.Contains(strings.Join(s.asked, "\n"), "false") {
				t.Errorf("the history was asked for: %q", s.asked)
			}
		})
	}
}

// It may become known only while the history is being read that there is none: the session then does not end.
// Nothing is wrong, so nothing is reported.
func TestItBecomesKnownLateThatThereIsNoHistory(t *testing.T) {
	t.Parallel()
	s := &server{tails: []script{lasting(0, nil)}, histories: []script{lasting(0, nil)}}
	got := play(t, s, 30*time.Second, func(tail *Tail) {
		begin := time.Now()
		tail.NoHistory = func() bool { return time.Since(begin) > 3*time.Second }
	})
	if diff := cmp.Diff([]string{"21s flowing"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
