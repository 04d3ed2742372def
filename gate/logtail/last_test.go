// The lines that are kept of a log without history.

package logtail

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func podSays(seconds float64, pod, text string) string {
	return at(seconds, "app["+pod+"]: "+text)
}

func TestLastWithoutHistory(t *testing.T) {
	t.Parallel()
	const a, b = "web-5d8f9c7b66-aaaaa", "web-5d8f9c7b66-bbbbb"
	first := lasting(0, told{
		5 * time.Second: podSays(5, a, "one") + "data:   below it\ndata: \ndata: " + podSays(5, b, "and this looks like a line"),
		6 * time.Second: podSays(6, b, "two"),
		// While the streams overlap, both bring this line. It is kept once, from the present stream.
		13*time.Minute + time.Second/2: podSays(780, a, "three"),
	})
	second := lasting(0, told{0: podSays(780, a, "three"), 30 * time.Second: at(810, "heroku["+a+"]: Process exited with status 1")})
	none := func() bool { return true }
	var tail *Tail
	s := &server{tails: []script{first, second}, histories: []script{{}}}
	play(t, s, 14*time.Minute, func(x *Tail) {
		tail = x
		tail.NoHistory = none
	})
	got, err := tail.Last(t.Context(), a, 100)
	want := []string{
		strings.TrimSpace(podSays(5, a, "one")), "      below it", "    ", "    " + strings.TrimSpace(podSays(5, b, "and this looks like a line")),
		strings.TrimSpace(podSays(780, a, "three")), strings.TrimSpace(at(810, "heroku["+a+"]: Process exited with status 1")),
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, -want +got:\n%s", err, diff)
	}
	if got, err := tail.Last(t.Context(), a, 1); err != nil || !cmp.Equal(got, want[5:]) {
		t.Errorf("of one line: %q, %v", got, err)
	}
	for name, unread := range map[string]*Tail{"another dyno": tail, "a log that was not read": {NoHistory: none}} {
		if got, err := unread.Last(t.Context(), "web-5d8f9c7b66-ccccc", 100); got != nil || err != errUnread {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// The last line of a history may have no line break.
func TestLastWithoutALineBreak(t *testing.T) {
	t.Parallel()
	line := strings.TrimSpace(at(1, "heroku[web.1]: Process exited with status 1"))
	s := &server{histories: []script{{steps: []step{{text: line}}}}}
	synctest.Test(t, func(t *testing.T) {
		s.begin, s.playing = time.Now(), map[string]script{}
		tail := &Tail{App: "shop", Sessions: s, Transport: s}
		if got, err := tail.Last(t.Context(), "web.1", 10); err != nil || !cmp.Equal(got, []string{line}) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestNoLinesAreKeptOfALogWithHistory(t *testing.T) {
	t.Parallel()
	var tail *Tail
	s := &server{tails: []script{lasting(0, told{5 * time.Second: other(5)})}, histories: []script{{}}}
	play(t, s, time.Minute, func(x *Tail) { tail = x })
	if kept := tail.reading.Load().dynoLines.dynos; kept != nil {
		t.Errorf("%d dynos are kept", len(kept))
	}
}

func TestKeptLinesAreBounded(t *testing.T) {
	t.Parallel()
	var x dynoLines
	line := func(pod int, from, text string) []byte {
		return []byte(strings.TrimSpace(at(1, fmt.Sprintf("%s[web-%d]: %s", from, pod, text))))
	}
	for i := range 3 * linesPerDyno {
		x.add(line(0, "app", fmt.Sprintf("%d %s", i, strings.Repeat("x", 2*keptLength))))
	}
	x.add(line(1, "heroku", "State changed from starting to crashed"))
	x.add(line(2, "app", "State changed from starting to crashed")) // the app says so
	got := x.of("web-0")
	if len(got) != linesPerDyno || len(got[0]) != keptLength || !strings.Contains(got[0], ": 80 x") || !strings.Contains(got[linesPerDyno-1], ": 119 x") {
		t.Errorf("%d lines are kept, the first %.60q", len(got), got[0])
	}
	for pod := range 2 * maxDynos {
		x.add(line(10+pod, "app", "hello"))
	}
	if n := len(x.dynos); n != maxDynos || x.of("web-1") == nil || x.of("web-2") != nil || x.of("web-409") == nil || x.of("web-10") != nil {
		t.Errorf("%d dynos are kept, of the one that crashed %q, of the others %q", n, x.of("web-1"), x.of("web-2"))
	}
	for pod := range maxDynos { // all of them crash
		x.add(line(1000+pod, "heroku", "State changed from up to crashed"))
	}
	if n := len(x.dynos); n != maxDynos || x.of("web-1") != nil || x.of("web-1199") == nil || x.of("web-1000") == nil {
		t.Errorf("%d dynos are kept", n)
	}
	x.add([]byte("a line of nobody"))
	x.more([]byte("belongs to nobody"))
	for label := range x.dynos {
		if strings.Contains(strings.Join(x.of(label), "\n"), "nobody") {
			t.Errorf("%s: %q", label, x.of(label))
		}
	}
}
