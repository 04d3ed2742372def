// This file is for the words of a scenario: what can be written in the YAML, or built from Go.

package herokusim

import "time"

// A Scenario is a story of one app. Times are told from its second 0.
type Scenario struct {
	About  string `yaml:"about,omitempty"`
	Source string `yaml:"source,omitempty"`
	// Begins is the platform's clock at second 0.
	Begins time.Time `yaml:"begins,omitempty"`
	// Seed decides every "random" choice; the same seed tells the same story.
	Seed int64 `yaml:"seed,omitempty"`
	App  App   `yaml:"app,omitempty"`
	// BootTimeout is the app's boot timeout on Heroku. Zero means 60 s.
	BootTimeout time.Duration `yaml:"boot-timeout,omitempty"`
	// Types is the formation at the start of the first release.
	Types map[string]Type `yaml:"types"`
	// Releases are those before the story; the dynos run the last of them. None
	// means v40 two days and v41 one day before.
	Releases []Past `yaml:"releases,omitempty"`
	// Young says that no release before the story carries code, so that nothing runs: as of
	// a new app there are v1 and v2, and no formation.
	Young bool `yaml:"young,omitempty"`
	// Earlier is how many of the versions right before the first of Releases were
	// releases, too, each with code of its own, a day after the other. Those that are older
	// than 30 days and 20 releases have expired.
	Earlier int `yaml:"earlier,omitempty"`
	// Gate is when the deploy step ends and the gate is started. Nil means 2 s.
	Gate *time.Duration `yaml:"gate,omitempty"`
	// Ends is where the story stops: the app stays as it is then. Zero means
	// 10 minutes after the last event.
	Ends time.Duration `yaml:"ends,omitempty"`
	// ListLag is how old the dyno list is when it is answered.
	ListLag time.Duration `yaml:"list-lag,omitempty"`
	// Noise is how many routine lines the log has in a second. Nil means 0.1.
	Noise *float64 `yaml:"noise,omitempty"`
	// Metrics turns runtime metrics on. MetricsIDs is "dyno" (the default: they
	// carry the dyno's API id) or "other".
	Metrics    bool   `yaml:"metrics,omitempty"`
	MetricsIDs string `yaml:"metrics-ids,omitempty"`
	// MetricsChanged is when the feature was last switched: a process that was started
	// before does not report. Zero means 300 days before.
	MetricsChanged time.Duration `yaml:"metrics-changed,omitempty"`
	// RestartingLine prints "Restarting" with preboot, too. Not known of Heroku.
	RestartingLine bool `yaml:"restarting-line,omitempty"`
	// ListsHidden keeps old processes in the dyno list that preboot hides. SilentEnd ends
	// them without an exit line. Neither is known of Heroku.
	ListsHidden bool `yaml:"lists-hidden,omitempty"`
	SilentEnd   bool `yaml:"silent-end,omitempty"`
	// Budget is how many requests the account has left at first. Nil means 4500.
	Budget *int `yaml:"budget,omitempty"`
	// Drain is how many requests a minute other programs of the account make.
	Drain  float64 `yaml:"drain,omitempty"`
	Log    Log     `yaml:"log,omitempty"`
	Faults []Fault `yaml:"faults,omitempty"`
	Events []Event `yaml:"events,omitempty"`
}

// App is where the app runs.
type App struct {
	Name string `yaml:"name,omitempty"` // empty means "example"
	// Space is the name of the Private Space; empty on the Common Runtime.
	Space string `yaml:"space,omitempty"`
	// Generation is cedar (the default) or fir.
	Generation string `yaml:"generation,omitempty"`
	// Stack is empty (heroku-24, or cnb on Fir) or "container": no slugs.
	Stack   string `yaml:"stack,omitempty"`
	Preboot bool   `yaml:"preboot,omitempty"`
	// PrebootChanged is when the feature was last switched. Zero means 30 days before.
	PrebootChanged time.Duration `yaml:"preboot-changed,omitempty"`
	Maintenance    bool          `yaml:"maintenance,omitempty"`
	// NoFeatures makes the features answer 404, NoImages the OCI images.
	NoFeatures bool `yaml:"no-features,omitempty"`
	NoImages   bool `yaml:"no-images,omitempty"`
}

// Type is one process type of the formation.
type Type struct {
	Quantity int    `yaml:"quantity"`
	Size     string `yaml:"size,omitempty"`    // empty means standard-1x, private-s, or dyno-1c-0.5gb on Fir
	Command  string `yaml:"command,omitempty"` // empty means one made up from the type
	// Timing holds for every event that does not say otherwise.
	Timing Timing `yaml:"timing,omitempty"`
	// Preboot goes before it where old and new processes run side by side by preboot.
	Preboot Timing `yaml:"preboot,omitempty"`
}

// Past is a release before the story. It is played like a deploy, so that its
// old dynos may still be on their way out when the story begins.
type Past struct {
	Version int               `yaml:"version"`
	At      time.Duration     `yaml:"at"`
	Commit  string            `yaml:"commit,omitempty"`
	Timing  map[string]Timing `yaml:"timing,omitempty"`
}

// Timing says how long the dynos of one type take. Every time but Stop and Back
// counts from when the record of the label turns to its new process.
type Timing struct {
	// Turn is when the record turns, from the event on. Nil means at once, or in
	// a Private Space and on Fir a quarter of the dynos after the other.
	Turn *Span `yaml:"turn,omitempty"`
	// Start is when the new process is started. Nil means 1.1 s.
	Start *Span `yaml:"start,omitempty"`
	// Up is when the new process is up. Nil means 4 s, or 20 s in a space.
	Up *Span `yaml:"up,omitempty"`
	// Term is when the old process gets SIGTERM. Nil means 0.9 s; with preboot
	// the boot timeout and 130 s, and 11 s more for every further label; on Fir
	// half a second after the new pod is up.
	Term *Span `yaml:"term,omitempty"`
	// Stop is how long the old process lives after SIGTERM. Nil means 0.15 s; from
	// 30 s on it is killed, with R12, 30 s after SIGTERM.
	Stop *Span `yaml:"stop,omitempty"`
	// Exit is when the old process ends; it can be told in place of Term.
	Exit *Span `yaml:"exit,omitempty"`
	// Status is the exit status of the old process. Nil means 143.
	Status *int `yaml:"status,omitempty"`
	// Crash is how often the new process crashes before it is up, when it would
	// have been up; Always for ever.
	Crash Crashes `yaml:"crash,omitempty"`
	// R10 makes these crashes boot timeouts.
	R10 bool `yaml:"r10,omitempty"`
	// Back is how long a crashed dyno rests from its second crash on (after the
	// first it starts again at once). Nil means 20 minutes, at once in a space.
	Back *time.Duration `yaml:"back,omitempty"`
	// LeaveHidden lets old processes that are already hidden end when they would
	// have. Without it a new turn under preboot gives them a new end.
	LeaveHidden bool `yaml:"leave-hidden,omitempty"`
}

// Event is one thing that happens. Exactly one of the fields after At and
// Timing is set.
type Event struct {
	At     time.Duration     `yaml:"at"`
	Timing map[string]Timing `yaml:"timing,omitempty"` // by process type

	Deploy      *Deploy        `yaml:"deploy,omitempty"`
	Config      *Config        `yaml:"config,omitempty"`
	Rollback    *Rollback      `yaml:"rollback,omitempty"`
	Restart     *Restart       `yaml:"restart,omitempty"`
	Scale       map[string]int `yaml:"scale,omitempty"`
	Crash       *Crash         `yaml:"crash,omitempty"`
	Cycle       string         `yaml:"cycle,omitempty"` // label
	Idle        bool           `yaml:"idle,omitempty"`  // all web dynos fall asleep
	Wake        bool           `yaml:"wake,omitempty"`  // all sleeping web dynos wake
	Run         *OneOff        `yaml:"run,omitempty"`
	Scheduler   *OneOff        `yaml:"scheduler,omitempty"`
	AddOn       *OneOff        `yaml:"add-on,omitempty"` // its type is the label up to the dot
	Say         *Say           `yaml:"say,omitempty"`
	Preboot     *bool          `yaml:"preboot,omitempty"`     // the feature is switched
	Maintenance *bool          `yaml:"maintenance,omitempty"` // the mode is switched
	Rename      string         `yaml:"rename,omitempty"`      // the app's new name; the old one is not found any more
}

// Deploy is a release with new code.
type Deploy struct {
	Commit string `yaml:"commit,omitempty"` // empty means one made up
	Build  *Build `yaml:"build,omitempty"`
	Phase  *Phase `yaml:"phase,omitempty"`
}

// Build is what comes before the release. Without it the build is already over.
type Build struct {
	Takes time.Duration `yaml:"takes"`
	Fails bool          `yaml:"fails,omitempty"`
}

// Phase is a release phase: the dynos turn only when it succeeds.
type Phase struct {
	Takes  time.Duration `yaml:"takes"`
	Fails  bool          `yaml:"fails,omitempty"`
	Status string        `yaml:"status,omitempty"` // has this status meanwhile; empty means pending
	Output string        `yaml:"output,omitempty"`
}

// Config is a release with the same code.
type Config struct {
	Vars  string `yaml:"vars,omitempty"` // empty means FOO
	Phase *Phase `yaml:"phase,omitempty"`
}

// Rollback is a release with the code of an older one.
type Rollback struct {
	To    int    `yaml:"to"`
	Phase *Phase `yaml:"phase,omitempty"`
}

// Restart restarts a label, a type, or everything.
type Restart struct {
	Type  string `yaml:"type,omitempty"`
	Label string `yaml:"label,omitempty"`
	All   bool   `yaml:"all,omitempty"`
}

// Crash ends a process without a SIGTERM.
type Crash struct {
	Label string `yaml:"label"`
	// Instance is "listed" (the default) or "hidden": the oldest process of the
	// label that the list does not show.
	Instance string `yaml:"instance,omitempty"`
	Status   *int   `yaml:"status,omitempty"` // nil means 1
	// Back is when the dyno starts again. Nil means at once. Never: see Stays.
	Back  *time.Duration `yaml:"back,omitempty"`
	Stays bool           `yaml:"stays,omitempty"` // it stays crashed
	// InPlace starts the container again at once, under the same record: the log tells of
	// the exit, and of nothing else.
	InPlace bool `yaml:"in-place,omitempty"`
}

// OneOff is a dyno outside the formation.
type OneOff struct {
	Label   string        `yaml:"label"`
	Command string        `yaml:"command,omitempty"` // empty means "bash"
	Takes   time.Duration `yaml:"takes,omitempty"`   // zero means to the end of the story
	Status  int           `yaml:"status,omitempty"`
	// StartLine prints a start line, as the platform did for run dynos until
	// about 2023; scheduler dynos always have it.
	StartLine bool `yaml:"start-line,omitempty"`
}

// Say is text in the log.
type Say struct {
	Label  string        `yaml:"label"`
	Text   string        `yaml:"text"`
	Source string        `yaml:"source,omitempty"` // empty means "app"
	Every  time.Duration `yaml:"every,omitempty"`
	Times  int           `yaml:"times,omitempty"` // zero means once
}
