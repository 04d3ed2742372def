// Package evidence is what one run of a plan left behind, and the truth in it: the answers of the
// platform, the log, the recordings of the gates, and when each process of the app last ran. It is
// pure: who made the run fills it in, who judges it reads it.
//
//   - evidence.go: the run
//   - clock.go: the platform's clock, and what of a gate it tells
//   - redact.go: what a report must not hold
//   - truth.go: the lines of the app, and what they tell of its processes
package evidence

import "time"

// A Run is one plan, from the app's making to its end. Every At is time since Start on a clock that
// does not jump; in a simulated run it is the platform's own time, however fast that passes.
type Run struct {
	// Plan is its name, as in "measured-deploy"; About is what happens in it, for people.
	Plan  string `json:"plan"`
	About string `json:"about"`
	// Simulated: it ran against the simulated Heroku, and says nothing of the real one.
	Simulated bool      `json:"simulated"`
	Start     time.Time `json:"start"` // by the clock of the machine that ran it

	Preboot bool `json:"preboot"` // the plan switches it on
	Metrics bool `json:"metrics"` // the plan switches log-runtime-metrics on
	// Types are the process types and how many dynos of each the plan begins with.
	Types map[string]int `json:"types"`
	// Stop is how long a process goes on after SIGTERM; from 30 s on the platform kills it.
	Stop time.Duration `json:"stop"`
	// ReadKey: the gates used a key of their own, with which Heroku refused to change the app.
	ReadKey bool `json:"readKey"`

	Steps    []Step    `json:"steps"`
	Releases []Release `json:"releases"` // that the builds of the run made, in that order
	Gates    []Gate    `json:"gates"`    // in the order in which they began
	Requests []Request `json:"-"`        // of the experiment itself, in the order in which they were sent
	Log      []Line    `json:"-"`        // in the order in which lines came
	Gaps     []Gap     `json:"gaps"`     // of the experiment's own reading of the log
	Read     time.Time `json:"read"`     // until when the log was read, by its stamps
	// Processes is the truth, from the app's lines alone.
	Processes []Process `json:"processes"`
	// Padding is how many lines the app printed only to be busy; they are not in Log.
	Padding int `json:"padding,omitempty"`
	// Failed says why the run was not made to its end; empty if it was.
	Failed string `json:"failed,omitempty"`
}

// A Step is one thing that the experiment did to the app.
type Step struct {
	At   time.Duration `json:"at"`
	Done time.Duration `json:"done"` // when the platform had answered, or the build was over
	What string        `json:"what"` // in words: "build code 2", "restart web.1", "scale web to 3"
	// Refused is the platform's no; empty if it did what it was asked. In the preboot window a scaling
	// may be refused, and that is a result.
	Refused string `json:"refused,omitempty"`
}

// A Release is one that a build of the run made.
type Release struct {
	Code    int       `json:"code"`    // which version of the app's code, 1 for the first
	Version int       `json:"version"` // v3 is 3
	ID      string    `json:"id"`
	Commit  string    `json:"commit"` // the label that the build was given
	Created time.Time `json:"created"`
}

// A Gate is one run of the gate beside the experiment.
type Gate struct {
	// Name is "before" for the one that began before the deploy, "after" for the one that came after it.
	Name string `json:"name"`
	// Began and Ended are of the run. What its recording calls 0 is Began, to some milliseconds.
	Began time.Duration `json:"began"`
	Ended time.Duration `json:"ended"`
	// Recording is its recording, whole, without key; each line is JSON.
	Recording []byte `json:"-"`
	Status    int    `json:"status"` // its exit status
	// Result, Reason, Basis and Message are those of its verdict; Release is the version that it waited for.
	Result  string `json:"result"`
	Reason  string `json:"reason"`
	Basis   string `json:"basis,omitempty"`
	Message string `json:"message"`
	Release int    `json:"release,omitempty"`
}

// A Request is one that the experiment sent, with its answer, both without key, address and e-mail.
type Request struct {
	At     time.Duration `json:"at"` // when it was sent
	Took   time.Duration `json:"took"`
	Method string        `json:"method"`
	Path   string        `json:"path"`           // without the host
	Sent   string        `json:"sent,omitempty"` // the body
	// Status is that of the answer; 0 if there was none, and then Error says why.
	Status int       `json:"status,omitempty"`
	Date   time.Time `json:"date,omitzero"` // the platform's clock, in whole seconds
	Body   string    `json:"body,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// A Line is one line of the log.
type Line struct {
	At   time.Duration // when it came
	Text string        // as it came, with stamp and source
}

// A Gap is a time of which lines may be missing.
type Gap struct {
	From   time.Time `json:"from,omitzero"` // by the stamps of the log; zero: from the beginning
	To     time.Time `json:"to,omitzero"`   // zero: to the end
	Reason string    `json:"reason"`
}
