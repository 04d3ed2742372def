// Package evidence is the record of one run of a plan, and the truth in it: the answers of the platform, the
// log, the recordings of the gates, and when each process of the app last ran. It is pure: cmd/experiment fills it
// in, package findings reads it.
//
//   - evidence.go: the run, Heroku's clock, and what a report must not hold
//   - log.go: the lines of the log, and what those of the app say of its processes
package evidence

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// A Run is one plan, from the making of the app to its deletion. Every At is time since Start on a clock that
// does not jump. In a simulated run it is the time of the simulated Heroku, however fast that passes.
type Run struct {
	Plan      string    `json:"plan"`      // its name, as in "measured-deploy"
	About     string    `json:"about"`     // what happens in it
	Simulated bool      `json:"simulated"` // it says nothing of the real Heroku
	Start     time.Time `json:"start"`     // by the clock of the machine that ran it

	Preboot bool           `json:"preboot"` // the plan switches it on
	Types   map[string]int `json:"types"`   // the process types, and how many dynos of each the plan begins with
	ReadKey bool           `json:"readKey"` // the gates had a key of their own, and Heroku refused to change the app with it

	Steps     []Step    `json:"steps"`
	Releases  []Release `json:"releases"`         // of the builds of the run, in their order
	Gates     []Gate    `json:"gates"`            // in the order in which they began
	Requests  []Request `json:"-"`                // of the experiment itself, in the order of their answers
	Log       []Line    `json:"-"`                // in the order in which the lines came
	Gaps      []Gap     `json:"gaps"`             // of the experiment's own reading of the log
	Read      time.Time `json:"read"`             // until when the log was read, by its stamps
	Processes []Process `json:"processes"`        // the truth, from the app's lines alone
	Failed    string    `json:"failed,omitempty"` // why the run broke off; empty if it did not
}

// A Step is one thing that the experiment did to the app.
type Step struct {
	At   time.Duration `json:"at"`
	Done time.Duration `json:"done"` // when Heroku had answered, or the build was over
	What string        `json:"what"` // in words: "build code 2", "restart web.1", "scale web to 3"
	// Refused is why it was not done. In the preboot window Heroku may refuse to scale, which is a result.
	Refused string `json:"refused,omitempty"`
}

// A Release is one that a build of the run made.
type Release struct {
	Code    int       `json:"code"`    // the version of the app's code, from 1
	Version int       `json:"version"` // v3 is 3
	Commit  string    `json:"commit"`  // the label that the build was given
	Created time.Time `json:"created"`
}

// A Gate is one run of the gate beside the experiment.
type Gate struct {
	Name  string        `json:"name"` // "before" if it began before the deploy, otherwise "after"
	Began time.Duration `json:"began"`
	Ended time.Duration `json:"ended"`
	// Recording has a line of JSON for each observation. Its time 0 is Began.
	Recording       []byte `json:"-"`
	Status          int    `json:"status"` // its exit status
	rollout.Verdict        // without a result if it ended without one
	Release         int    `json:"release,omitempty"` // the version that it waited for
	// Hold is when its hold on the web dynos ended, or would have ended without proof; zero if it had none.
	Hold time.Time `json:"hold,omitzero"`
}

// A Request is one of the experiment, with its answer.
type Request struct {
	At     time.Duration `json:"at"` // when it was sent
	Took   time.Duration `json:"took"`
	Method string        `json:"method"`
	Path   string        `json:"path"`             // without the host
	Sent   string        `json:"sent,omitempty"`   // the body
	Status int           `json:"status,omitempty"` // of the answer; 0 if there was none, and then Error says why
	Date   time.Time     `json:"date,omitzero"`    // the platform's clock, in whole seconds
	Body   string        `json:"body,omitempty"`
	Error  string        `json:"error,omitempty"`
	// NextRange is the header of that name. An answer 206 should have it: it says how to ask for the rest of a list.
	NextRange string `json:"nextRange,omitempty"`
}

// A Line is one line of the log.
type Line struct {
	At   time.Duration // when it came
	Text string        // with stamp and source
}

// A Gap is a time in which lines of the log may be missing.
type Gap struct {
	From   time.Time `json:"from,omitzero"` // by the stamps of the log; zero: from the beginning
	To     time.Time `json:"to,omitzero"`   // zero: to the end
	Reason string    `json:"reason"`
}

// Meets reports whether the gap and the time between two moments have a part in common.
func (g Gap) Meets(from, to time.Time) bool {
	return (g.From.IsZero() || g.From.Before(to)) && (g.To.IsZero() || g.To.After(from))
}

// Clock returns Heroku's time at Start, give or take give. The Date of an answer is cut to whole seconds, but many
// answers together narrow it down. Without any answer it is the machine's own clock, and give is 0.
func (r *Run) Clock() (start time.Time, give time.Duration) {
	var clock observe.Clock
	for _, q := range r.Requests {
		clock.Learn(observe.Observation{At: q.At + q.Took, Date: q.Date, Look: &observe.Look{AskedAt: q.At}})
	}
	from, to, _ := clock.Starts() // not known if the clocks of several servers differ; then the middle counts
	if to.IsZero() {
		return r.Start, 0
	}
	half := to.Sub(from) / 2
	return from.Add(half), half.Abs()
}

// LastOld returns the process that printed the latest line, of those that a gate had to wait for: of code before that
// of its release, and at least of code 1, also if the gate waited for another release by mistake. Without one its ID is
// empty.
func (r *Run) LastOld(g Gate) (last Process) {
	awaited := 2
	for _, release := range r.Releases {
		if release.Version == g.Release {
			awaited = max(awaited, release.Code)
		}
	}
	for _, p := range r.Processes {
		if p.Code < awaited && p.Last.After(last.Last) {
			last = p
		}
	}
	return last
}

// A Redactor replaces in texts what a report must not hold. Several goroutines may hide secrets at once.
type Redactor struct {
	mu      sync.Mutex
	secrets map[string]string // by what each is replaced
}

// Hide makes Clean replace a secret wherever it is.
func (r *Redactor) Hide(secret, by string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secrets == nil {
		r.secrets = map[string]string{}
	}
	if len(secret) >= 4 { // a shorter one would be found in ordinary words
		r.secrets[secret] = by
	}
}

var (
	// In JSON, an ampersand may be \u0026.
	urls   = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://(?:[^\s"'<>\\]|\\u0026)+`)
	emails = regexp.MustCompile(`[\w.+%-]+@[\w-]+(?:\.[\w-]+)+`)
	ipv4   = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	ipv6   = regexp.MustCompile(`(?i)[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*`)
)

// Clean returns the text without secrets, addresses and e-mail. JSON stays JSON.
func (r *Redactor) Clean(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for secret, by := range r.secrets {
		text = strings.ReplaceAll(text, secret, by)
	}
	text = urls.ReplaceAllString(text, "[url]")
	text = emails.ReplaceAllString(text, "[e-mail]")
	text = ipv4.ReplaceAllStringFunc(text, address)
	return ipv6.ReplaceAllStringFunc(text, address)
}

// address replaces an address. What only looks like one, such as a time of day, stays.
func address(s string) string {
	if _, err := netip.ParseAddr(s); err != nil {
		return s
	}
	return "[address]"
}
