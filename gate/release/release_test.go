// How the tests write what a target learns, each case in one line.

package release_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
)

// A row is one case of a table. wish is what the caller wants, facts is what the target learns, and want is what
// the case then shows.
//
// A wish is latest, v42, >v41 (newer than v41), an id such as r42, or a commit. "ahead" before it means that
// the watch begins before the deploy. "on A" after it means that the workflow runs on commit A, and "on A for B"
// that B is the head of its pull request. The policy comes last, as in "v42, follow".
//
// Facts may begin with a time since the start of the gate; without one they have the time of the fact before:
//
//	look: v41, v42 pending      a full look, with these releases and the dynos of the last fact "dynos"
//	look, cut: v41-v43          the same, and the app has older releases
//	dynos: v42, v43             a look at the dyno list alone, with dynos of these releases
//	code s42 = B built -1h      the commit of a slug, and when it was built
//	builds: failed B -3m        the newest builds
//	log v43                     a line of the log about a release
//	begin                       the wait begins, after a head start
//	clock +100s                 the dates of all later answers are wrong by this much
//
// A release has succeeded if its entry says nothing else, and has a slug of its own: v42 has s42. A time with a
// sign is when the release was made, since the start of the gate; over+2s is when its release phase ended. B is a
// commit of 40 letters b, and B8 its first 8 letters.
type row struct{ about, wish, facts, want string }

// check runs the rows, and compares what show returns.
func check(t *testing.T, rows []row, show func(s *subject) string) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.about, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, r.wish)
			for fact := range strings.SplitSeq(r.facts, ";") {
				s.learn(strings.TrimSpace(fact))
			}
			if got := show(s); got != r.want {
				t.Errorf("wish %q, facts %q:\ngot  %q\nwant %q", r.wish, r.facts, got, r.want)
			}
		})
	}
}

// A subject is a target under test.
type subject struct {
	*release.Target
	t     *testing.T
	clock observe.Clock
	now   time.Duration
	wrong time.Duration       // by how much the dates of the answers are wrong
	dynos []observe.Dyno      // of the last fact "dynos"
	last  observe.Observation // the last one of all
}

func newSubject(t *testing.T, wish string) *subject {
	s := &subject{t: t, now: time.Second}
	var want release.Want
	wish, ahead := strings.CutPrefix(wish, "ahead ")
	wish, policy, _ := strings.Cut(wish, ", ")
	wish, on, _ := strings.Cut(wish, " on ")
	workflow, head, _ := strings.Cut(on, " for ")
	switch {
	case wish == "latest":
	case strings.HasPrefix(wish, ">"):
		want.NewerThan = number(t, wish[1:])
	case strings.HasPrefix(wish, "v"):
		want.Version = number(t, wish)
	case strings.HasPrefix(wish, "r"), strings.HasPrefix(wish, "R"):
		want.ID = wish
	default:
		want.Commit = commit(wish)
	}
	s.Target = release.New(want, release.Policy(policy), release.Workflow{Commit: commit(workflow), Head: commit(head)}, ahead, &s.clock)
	return s
}

var start = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// learn lets the target learn one fact.
func (s *subject) learn(fact string) {
	if first, rest, _ := strings.Cut(fact, " "); first != "" {
		if at, err := time.ParseDuration(first); err == nil {
			s.now, fact = at, rest
		}
	}
	o := observe.Observation{At: s.now, Date: start.Add(s.now + s.wrong)}
	word, rest, _ := strings.Cut(fact, " ")
	switch word {
	case "":
		return
	case "begin":
		s.Begin(s.now)
		return
	case "clock":
		s.wrong = s.duration(rest)
		return
	case "look:", "look,":
		rest, cut := strings.CutPrefix(rest, "cut:")
		o.Look = &observe.Look{AskedAt: s.now, Dynos: s.dynos, Formation: []observe.Formation{}, Releases: s.releases(strings.TrimSpace(rest)), ReleasesCut: cut}
	case "dynos:":
		s.dynos = nil
		for _, v := range list(rest) {
			s.dynos = append(s.dynos, observe.Dyno{Version: number(s.t, v)})
		}
		o.Look = &observe.Look{AskedAt: s.now, Dynos: s.dynos}
	case "code":
		o.Code = s.code(strings.Fields(rest))
	case "builds:":
		o.Builds = &observe.Builds{}
		for _, b := range list(rest) {
			w := strings.Fields(b)
			o.Builds.Builds = append(o.Builds.Builds, observe.Build{Status: w[0], Commit: commit(w[1]), CreatedAt: start.Add(s.duration(w[2]))})
		}
	case "log":
		o.Line, o.Date = &observe.Line{Kind: observe.API, Release: number(s.t, rest)}, time.Time{}
	default:
		s.t.Fatalf("%q is not a fact that the tests know", fact)
	}
	s.clock.Learn(o)
	s.See(o)
	s.last = o
}

func (s *subject) code(words []string) *observe.Code {
	c := &observe.Code{ID: words[0]}
	if len(words) > 2 {
		c.Commit = commit(words[2])
	}
	if len(words) > 4 {
		c.CreatedAt = start.Add(s.duration(words[4]))
	}
	return c
}

// releases reads a list of releases, and keeps its order.
func (s *subject) releases(text string) []observe.Release {
	all := []observe.Release{}
	for _, entry := range list(text) {
		words := strings.Fields(entry)
		first, last, many := strings.Cut(words[0], "-")
		if !many {
			last = first
		}
		for v := number(s.t, first); v <= number(s.t, last); v++ {
			all = append(all, s.release(v, words[1:]))
		}
	}
	return all
}

// release makes a release. If words give no time, v42 was made 10 s before the gate started, v41 an hour before,
// v40 two hours before and so on, and newer releases after the start.
func (s *subject) release(v int, words []string) observe.Release {
	r := observe.Release{ID: fmt.Sprint("r", v), Version: v, Status: "succeeded", SlugID: fmt.Sprint("s", v)}
	switch {
	case v < 42:
		r.CreatedAt = start.Add(time.Duration(v-42) * time.Hour)
	case v == 42:
		r.CreatedAt = start.Add(-10 * time.Second)
	default:
		r.CreatedAt = start.Add(time.Duration(v-40) * time.Second)
	}
	for _, w := range words {
		switch {
		case w == "current":
			r.Current = true
		case w == "codeless":
			r.SlugID = ""
		case w == "image":
			r.SlugID, r.ImageID = "", fmt.Sprint("i", v)
		case w == "statusless":
			r.Status = ""
		case strings.HasPrefix(w, "over"):
			r.UpdatedAt = start.Add(s.duration(w[4:]))
		case w[0] == '+' || w[0] == '-':
			r.CreatedAt = start.Add(s.duration(w))
		case w[0] == 's' && len(w) < 5:
			r.SlugID = w
		default:
			r.Status = w
		}
	}
	return r
}

func (s *subject) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ", ")
}

func number(t *testing.T, version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// letters is a commit as the tests write it.
var letters = regexp.MustCompile(`^([A-Z])(\d*)$`)

func commit(text string) string {
	m := letters.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	n := 40
	if m[2] != "" {
		n, _ = strconv.Atoi(m[2])
	}
	return strings.Repeat(strings.ToLower(m[1]), n)
}

// target shows the version of the target, and why there can be none.
func target(s *subject) string {
	all := "none"
	if r := s.Release(); r != nil {
		all = fmt.Sprint("v", r.Version)
	}
	if s.WrongWant() != "" {
		all += ", " + s.WrongWant()
	}
	return all
}
