// Cases that could fool the gate. Each file of testdata/fooled is a case, in Heroku's words. CONTRIBUTING.md
// says how to add one.

package rollout_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

func TestNotFooled(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/fooled/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			c, err := readCase(file, readFile(t, file))
			if err != nil {
				t.Fatal(err)
			}
			core := rollout.New(c.config)
			var preboot observe.Preboot // the newest answer
			for _, s := range c.steps {
				if s.observed != nil {
					core.Apply(*s.observed)
					preboot = *cmp.Or(s.observed.Preboot, &preboot)
					answerPreboot(core, s.observed.At, preboot)
				} else if v, done := core.Verdict(); !s.holds(v, done) {
					t.Fatalf("%s:%d: want %q\ngot the verdict %v, %+v\npicture: %+v", file, s.line, s.words, done, v, core.Picture())
				}
			}
		})
	}
}

// answerPreboot answers at once whether preboot is on, if the core asks for that.
func answerPreboot(core *rollout.Rollout, at time.Duration, preboot observe.Preboot) {
	if _, done := core.Verdict(); !done && needsOf(core).Preboot {
		preboot.AskedAt = at
		core.Apply(observe.Observation{At: at, Preboot: &preboot})
	}
}

// A case with a mistake is refused, and the message names the line.
func TestFooledCaseThatIsWrong(t *testing.T) {
	t.Parallel()
	const about, end = "about: A case.\n", "\n9s shut: v41 runs"
	for text, want := range map[string]string{
		"0s shut: v41 runs":                                    "x.txt:1: the file does not say what it is about",
		about + "0s time passes":                               "x.txt:2: nothing is checked by shut, open or ends",
		about + "release: 42" + end:                            `x.txt:2: unknown words "release: 42"`,
		about + "6s time passes\n5s look: no dynos" + end:      "x.txt:3: 5s comes after 6s",
		about + "5 time passes" + end:                          `x.txt:2: "5" is no time, as 203s, 0.5s and -24h are`,
		about + "web.1: Process exited" + end:                  `x.txt:2: unknown words "web.1: Process exited"`,
		about + "5s dance" + end:                               `x.txt:2: unknown words "dance"`,
		about + "5s lok: no dynos" + end:                       `x.txt:2: unknown words "lok: no dynos": Heroku's log has no such line`,
		about + "5s web.1: Process ended" + end:                `x.txt:2: unknown words "web.1: Process ended": Heroku's log has no such line`,
		about + "5s look: web.1 v42 jumping, created 1s" + end: `x.txt:2: unknown words "web.1 v42 jumping, created 1s" in the list`,
		about + "5s look: web.1 v42 up, created 1" + end:       `x.txt:2: "1" is no time, as 203s, 0.5s and -24h are`,
		about + "5s look:" + end:                               `x.txt:2: unknown words "look:"`,
		about + "5s releases: v41; v42, lost" + end:            `x.txt:2: unknown words "v42, lost" in the list`,
		about + "5s formation: 1 web" + end:                    `x.txt:2: unknown words "1 web" in the list`,
		about + "5s shut:" + end:                               `x.txt:2: unknown words "shut:"`,
		about + "-5s look: no dynos" + end:                     "x.txt:2: before 0s there are only lines of the log",
		about + "-5s web.1: Process exited" + end:              "x.txt:3: lines from before 0s come with a log that is whole since then",
	} {
		if _, err := readCase("x.txt", text); err == nil || err.Error() != want {
			t.Errorf("%q\ngot:  %v\nwant: %s", text, err, want)
		}
	}
}

// A step gives the core an observation, or checks the verdict.
type step struct {
	line     int
	words    string
	observed *observe.Observation
	holds    func(v rollout.Verdict, done bool) bool
}

// A fooledCase is what has been read of a file so far.
type fooledCase struct {
	config         rollout.Config
	steps          []step
	history        []step // lines of the log from before 0s, until the log is whole
	now            time.Duration
	line           int
	words          string   // the words of the line, without its time
	parts          []string // what the groups of the form matched in the words
	about, checked bool
	begun          bool // the script has begun
	appUnknown     bool // the core does not know from the start where the app runs
	err            error

	// What the lists show at present, and what was last said of each release.
	lists    observe.Look
	releases map[string]observe.Release
}

// readCase reads a file. At first the lists are as most cases need them: release v41 of a day ago, the target
// v42, made at 0s, and one web dyno, scaled long ago.
func readCase(file, text string) (*fooledCase, error) {
	c := &fooledCase{config: rollout.Config{App: "shop", UseLog: true}, releases: map[string]observe.Release{}}
	c.setReleases("v41, created -24h, updated -24h; v42, current, created 0s, updated 0s")
	c.setFormation("web=1")
	for line := range strings.Lines(text) {
		c.line++
		line, _, _ = strings.Cut(strings.TrimSpace(line)+" ", "# ")
		c.words = strings.Join(strings.Fields(line), " ")
		first, rest, _ := strings.Cut(c.words, " ")
		if strings.HasSuffix(first, ":") && !c.begun {
			c.input()
		} else if c.words != "" {
			c.words = rest
			c.event(c.time(first))
		}
		if c.err != nil {
			break
		}
	}
	switch {
	case !c.about:
		c.fail("the file does not say what it is about")
	case !c.checked:
		c.fail("nothing is checked by shut, open or ends")
	case c.history != nil:
		c.fail("lines from before 0s come with a log that is whole since then")
	}
	if c.err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, c.line, c.err)
	}
	return c, nil
}

// input reads a line of the head: about, or an input of the gate.
func (c *fooledCase) input() {
	switch {
	case c.matches(`about: .+`):
		c.about = true
	case c.matches(`release: v(\d+)`):
		c.config.Want.Version = number(c.parts[1])
	case c.matches(`commit: ([0-9a-f]+)`):
		c.config.Want.Commit = c.parts[1]
	case c.matches(`process-types: ([a-z,]+)`):
		c.config.Types = strings.Split(c.parts[1], ",")
	case c.matches(`include-one-off: true`):
		c.config.IncludeOneOff = true
	case c.matches(`require-proof: true`):
		c.config.RequireProof = true
	case c.matches(`app: not known at first`):
		c.appUnknown = true
	default:
		c.fail("unknown words %q", c.words)
	}
}

func (c *fooledCase) fail(format string, args ...any) {
	c.err = cmp.Or(c.err, fmt.Errorf(format, args...))
}

func (c *fooledCase) time(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		c.fail("%q is no time, as 203s, 0.5s and -24h are", s)
	}
	return d
}
