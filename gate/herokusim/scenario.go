// The words of a scenario, in YAML or in Go.

package herokusim

import "time"

// A Scenario says what happens to one app. Times count from second 0 of the story.
type Scenario struct {
	About  string `yaml:"about,omitempty"`
	Source string `yaml:"source,omitempty"`
	// Begins is the platform's clock at second 0.
	Begins time.Time `yaml:"begins,omitempty"`
	// Seed is the seed of all random numbers. The same seed gives the same story.
	Seed int64 `yaml:"seed,omitempty"`
	App  App   `yaml:"app,omitempty"`
	// BootTimeout is the app's boot timeout on Heroku. Zero means 60 s.
	BootTimeout time.Duration `yaml:"boot-timeout,omitempty"`
	// Types is the formation at the start of the first release.
	Types map[string]Type `yaml:"types"`
	// Releases are the releases before the story; the dynos run the last one. None means
	// v40 two days before and v41 one day before.
	Releases []Past `yaml:"releases,omitempty"`
	// Young makes a new app: it has releases v1 and v2 without code, and no formation, so
	// nothing runs.
	Young bool `yaml:"young,omitempty"`
	// Earlier is how many more releases there were before the first of Releases, one a
	// day, each with its own code. Those that are more than 20 versions before it and older
	// than 30 days have expired.
	Earlier int `yaml:"earlier,omitempty"`
	// Gate is when the deploy step ends and the gate starts. Nil means 2 s.
	Gate *time.Duration `yaml:"gate,omitempty"`
	// Ends is the end of the story. After that the app stays as it is. Zero means
	// 10 minutes after the last event.
	Ends time.Duration `yaml:"ends,omitempty"`
	// ListLag is how old the dyno list is when it is answered.
	ListLag time.Duration `yaml:"list-lag,omitempty"`
	// Noise is how many routine lines a second the log has. Nil means 0.1.
	Noise *float64 `yaml:"noise,omitempty"`
	// Metrics turns runtime metrics on. MetricsIDs is "dyno" (the default: they
	// contain the dyno's API id) or "other".
	Metrics    bool   `yaml:"metrics,omitempty"`
	MetricsIDs string `yaml:"metrics-ids,omitempty"`
	// MetricsChanged is when the feature was last switched. A process that started before
	// does not report metrics. Zero means 300 days before.
	MetricsChanged time.Duration `yaml:"metrics-changed,omitempty"`
	// RestartingLine prints "Restarting" with preboot, too. Nobody has seen that on Heroku.
	RestartingLine bool `yaml:"restarting-line,omitempty"`
	// ListsHidden keeps old processes in the dyno list that preboot hides. SilentEnd ends
	// them without an exit line. Nobody has seen either on Heroku.
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
	// NoFeatures answers requests for features with 404, NoImages those for OCI images.
	NoFeatures bool `yaml:"no-features,omitempty"`
	NoImages   bool `yaml:"no-images,omitempty"`
}

// Type is one process type of the formation.
type Type struct {
	Quantity int    `yaml:"quantity"`
	Size     string `yaml:"size,omitempty"`    // empty means standard-1x, private-s, or dyno-1c-0.5gb on Fir
	Command  string `yaml:"command,omitempty"` // empty means one made up from the type
	// Timing is the default for every event.
	Timing Timing `yaml:"timing,omitempty"`
	// Preboot overrides Timing when old and new processes run side by side by preboot.
	Preboot Timing `yaml:"preboot,omitempty"`
}

// Past is a release before the story. It is played like a deploy, so its old dynos
// may still run when the story begins.
type Past struct {
	Version int               `yaml:"version"`
	At      time.Duration     `yaml:"at"`
	Commit  string            `yaml:"commit,omitempty"`
	Timing  map[string]Timing `yaml:"timing,omitempty"`
}

// Timing says how long the dynos of one type take. All times except Turn, Stop and
// Back count from when the record of the label turns to its new process.
type Timing struct {
	// Turn is the time from the event until the record turns. Nil means at once; in a
	// Private Space and on Fir one quarter of the dynos after the other.
	Turn *Span `yaml:"turn,omitempty"`
	// Start is when the new process is started. Nil means 1.1 s.
	Start *Span `yaml:"start,omitempty"`
	// Up is when the new process is up. Nil means 4 s, or 20 s in a space.
	Up *Span `yaml:"up,omitempty"`
	// Term is when the old process gets SIGTERM. Nil means 0.9 s; with preboot
	// the boot timeout and 130 s, and 11 s more for every further label; on Fir
	// half a second after the new pod is up.
	Term *Span `yaml:"term,omitempty"`
	// Stop is how long the old process lives after SIGTERM. Nil means 0.15 s. With 30 s
	// or more it is killed 30 s after SIGTERM, with R12.
	Stop *Span `yaml:"stop,omitempty"`
	// Exit is when the old process ends; give either Term or Exit.
	Exit *Span `yaml:"exit,omitempty"`
	// Status is the exit status of the old process. Nil means 143.
	Status *int `yaml:"status,omitempty"`
	// Crash is how often the new process crashes at the moment in which it would be up.
	// Always means for ever.
	Crash Crashes `yaml:"crash,omitempty"`
	// R10 makes these crashes boot timeouts.
	R10 bool `yaml:"r10,omitempty"`
	// Back is how long a crashed dyno rests after its second and each further crash
	// (after the first it starts again at once). Nil means 20 minutes; in a space at once.
	Back *time.Duration `yaml:"back,omitempty"`
	// LeaveHidden does not change when old processes end that are hidden already.
	// Without it a new turn under preboot puts off their end.
	LeaveHidden bool `yaml:"leave-hidden,omitempty"`
}

// Event is something that happens. Exactly one of the fields after At and Timing
// is set.
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
	Preboot     *bool          `yaml:"preboot,omitempty"`     // switches the feature
	Maintenance *bool          `yaml:"maintenance,omitempty"` // switches the mode
	Rename      string         `yaml:"rename,omitempty"`      // the app's new name; the old name answers 404 from then on
}

// Deploy is a release with new code.
type Deploy struct {
	Commit string `yaml:"commit,omitempty"` // empty means a random one
	Build  *Build `yaml:"build,omitempty"`
	Phase  *Phase `yaml:"phase,omitempty"`
}

// Build comes before the release. Without it the build has already ended.
type Build struct {
	Takes time.Duration `yaml:"takes"`
	Fails bool          `yaml:"fails,omitempty"`
}

// Phase is a release phase: the dynos turn only when it succeeds.
type Phase struct {
	Takes  time.Duration `yaml:"takes"`
	Fails  bool          `yaml:"fails,omitempty"`
	Status string        `yaml:"status,omitempty"` // of the release meanwhile; empty means pending
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
	// Back is how long the dyno stays crashed. Nil means that it starts again at once.
	Back  *time.Duration `yaml:"back,omitempty"`
	Stays bool           `yaml:"stays,omitempty"` // it stays crashed for ever
	// InPlace starts the process again at once, under the same record: the log shows the
	// exit and nothing else.
	InPlace bool `yaml:"in-place,omitempty"`
}

// OneOff is a dyno outside the formation.
type OneOff struct {
	Label   string        `yaml:"label"`
	Command string        `yaml:"command,omitempty"` // empty means "bash"
	Takes   time.Duration `yaml:"takes,omitempty"`   // zero means to the end of the story
	Status  int           `yaml:"status,omitempty"`
	// StartLine prints a start line, as Heroku did for run dynos until about 2023.
	// Scheduler dynos always have one.
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
