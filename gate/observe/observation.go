// What can be observed.

package observe

import "time"

// An Observation is one thing that was learnt, and when. At most one of the
// pointers is set; an observation with none of them only says that time passed.
//
// Observations are the whole input of the core: a run is a fold over them, so a
// recording of them replays to the same verdict.
type Observation struct {
	// At is when it was learnt: time since the start of the watch on a clock that
	// never jumps. In a recording: nanoseconds.
	At time.Duration `json:"at"`
	// Begin: the wait begins now. What was observed before is a head start, of a watch that began
	// before the deploy. Without a head start the wait begins by itself.
	Begin bool `json:"begin,omitempty"`
	// Date is the platform's own clock as told by the answer (its Date header,
	// whole seconds). Zero if the observation did not come with an answer.
	Date time.Time `json:"date,omitzero"`
	// Runner is the clock of the machine that the gate runs on, where Date is so far ahead
	// of it that it cannot be believed. Otherwise it is zero.
	Runner time.Time `json:"runner,omitzero"`
	// Why is the reason for which it was asked, for people; empty if it was not asked for.
	// Nothing is decided on it.
	Why string `json:"why,omitempty"`

	App     *App       `json:"app,omitempty"`
	Preboot *Preboot   `json:"preboot,omitempty"`
	Metrics *Metrics   `json:"metrics,omitempty"`
	Look    *Look      `json:"look,omitempty"`
	Release *Release   `json:"release,omitempty"` // one that was asked for by itself; without a version it is not there
	Code    *Code      `json:"code,omitempty"`
	Builds  *Builds    `json:"builds,omitempty"`
	Line    *Line      `json:"line,omitempty"`
	Log     *LogStatus `json:"log,omitempty"`
	Trouble *Trouble   `json:"trouble,omitempty"`
	Budget  *Budget    `json:"budget,omitempty"`
	End     End        `json:"end,omitempty"`
}

// End is an outside reason to stop waiting.
type End string

const (
	// Deadline: the time that the caller allowed is over.
	Deadline End = "deadline"
	// Interrupt: the caller wants the gate to stop (a signal).
	Interrupt End = "interrupt"
)

// App is where the app runs, which decides how old dynos end.
type App struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Space is the name of the Private Space; empty on the Common Runtime.
	Space string `json:"space,omitempty"`
	// Generation is "cedar" or "fir"; empty if the platform did not say.
	Generation string `json:"generation,omitempty"`
	// Maintenance: the router answers in place of the app. Its dynos keep running.
	Maintenance bool `json:"maintenance,omitempty"`
}

// Preboot is what the platform says of the app feature "preboot".
type Preboot struct {
	// AskedAt is when the question was sent; 0 if that is not known.
	AskedAt time.Duration `json:"askedAt,omitempty"`
	// Known is false if the platform did not say; the gate then assumes preboot.
	Known   bool `json:"known"`
	Enabled bool `json:"enabled"`
	// ChangedAt is when the feature was last switched. Zero if not known.
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// Metrics is what the platform says of the app feature "log-runtime-metrics".
type Metrics struct {
	// Known is false if the platform did not say.
	Known   bool `json:"known"`
	Enabled bool `json:"enabled"`
	// ChangedAt is when the feature was last switched. Zero if not known.
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// ListLag is how far the platform's lists may be behind what has happened: a list that is
// asked for this much later knows of it.
const ListLag = 10 * time.Second

// A Look is one view of the app's lists, fetched together.
type Look struct {
	// AskedAt is when the first request of this look was sent. What happened
	// later may be missing in it.
	AskedAt time.Duration `json:"askedAt"`
	// Dynos is the whole dyno list, every page of it.
	Dynos []Dyno `json:"dynos"`
	// Formation is nil if it was not asked for in this look.
	Formation []Formation `json:"formation"`
	// Releases holds the newest releases, in any order; nil if not asked for.
	Releases []Release `json:"releases"`
	// ReleasesCut: older releases exist that are not in Releases.
	ReleasesCut bool `json:"releasesCut,omitempty"`
}

// Full reports whether the look covers all that a verdict needs.
func (l *Look) Full() bool { return l.Formation != nil && l.Releases != nil }

// Dyno is one record of the dyno list.
type Dyno struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the label, "web.1"; on Fir the name of a pod
	Type string `json:"type"`
	Size string `json:"size,omitempty"`
	// State is crashed, down, idle, starting or up.
	State string `json:"state"`
	// Version is the version of the release that the record belongs to.
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// UpdatedAt is when State last changed.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// Formation is how many dynos of one process type the app wants.
type Formation struct {
	Type      string    `json:"type"`
	Quantity  int       `json:"quantity"`
	Size      string    `json:"size,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// UpdatedAt is when it was last scaled.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// Release is one release of the app.
type Release struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	// Status is pending, succeeded, failed or expired; any other word is not good.
	Status  string `json:"status"`
	Current bool   `json:"current"`
	// SlugID is empty for container images, on Fir, and before the first build;
	// ImageID is the id of the OCI image then, if the platform tells it.
	SlugID      string    `json:"slugId,omitempty"`
	ImageID     string    `json:"imageId,omitempty"`
	Description string    `json:"description,omitempty"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

// Deployed reports whether the release was deployed: its release phase, if it has one, is over and
// did not fail. An expired release was: of releases older than 30 days and 20 releases the code is
// destroyed, and they are called so from then on (Dev Center changelog, item 3395).
func (r *Release) Deployed() bool { return r.Status == "succeeded" || r.Status == "expired" }

// A CodeRef names the code of a release: its slug or, for container images and on
// Fir, its OCI image.
type CodeRef struct {
	ID    string
	Image bool
}

// Code names the release's code; its ID is empty if the platform does not say.
func (r *Release) Code() CodeRef {
	if r.SlugID != "" {
		return CodeRef{ID: r.SlugID}
	}
	return CodeRef{ID: r.ImageID, Image: r.ImageID != ""}
}

// Code is what is known of a slug or an OCI image.
type Code struct {
	ID string `json:"id"`
	// Commit is what it was built from; empty if it carries none, or the platform does not say.
	Commit string `json:"commit,omitempty"`
	// CreatedAt is when it was built; zero if not told.
	CreatedAt time.Time `json:"createdAt,omitzero"`
}

// Builds is the list of the newest builds.
type Builds struct {
	Builds []Build `json:"builds"`
}

// Build is one build of the app.
type Build struct {
	ID string `json:"id"`
	// Status is pending, succeeded or failed.
	Status string `json:"status"`
	// Commit is the version that the source was labelled with; often a commit.
	Commit    string    `json:"commit,omitempty"`
	ReleaseID string    `json:"releaseId,omitempty"`
	SlugID    string    `json:"slugId,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
}

// A LineKind is what a platform line of the log tells.
type LineKind string

const (
	Start   LineKind = "start"   // a process was started
	State   LineKind = "state"   // the state of the label's record changed
	Sigterm LineKind = "sigterm" // an instance was asked to stop
	Sigkill LineKind = "sigkill" // an instance was killed
	Exit    LineKind = "exit"    // an instance ended
	Replace LineKind = "replace" // the record is about to be replaced: Restarting, Cycling
	Sleep   LineKind = "sleep"   // Idling, Unidling
	Metric  LineKind = "metric"  // runtime metrics: this instance is alive
	Fault   LineKind = "fault"   // a numbered error: R10, R14, R15 …
	API     LineKind = "api"     // something was done through the API: it is time to look
	Loss    LineKind = "loss"    // a notice that lines were lost: L11, L12, L13, L15
)

// Line is a line of the log that only the platform can have written and that
// tells of a life. Lines of the app itself are never observations.
type Line struct {
	// Stamp is the platform's time of the line.
	Stamp time.Time `json:"stamp"`
	// Label is the dyno that the line is about; empty for API and Loss.
	Label string   `json:"label,omitempty"`
	Kind  LineKind `json:"kind"`
	// From and To are the states of a State line.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Release is the version of a release that an API line says was made; 0 if it
	// says something else.
	Release int `json:"release,omitempty"`
	// Scaled: an API line says that the formation was scaled.
	Scaled bool `json:"scaled,omitempty"`
	// UUID names the instance in a Metric line.
	UUID string `json:"uuid,omitempty"`
	// Text is the message as it was printed, at most 300 bytes of it. The text of
	// an API or Metric line is left out: it can quote configuration.
	Text string `json:"text,omitempty"`
}

// LogStatus is news of the log stream itself.
type LogStatus struct {
	State LogState `json:"state"`
	// Since is, for Flowing, the time from which the log is known without a hole;
	// zero if the platform gave no history.
	Since time.Time `json:"since,omitzero"`
	// Reason says in words why, for Broken, Gapped and Refused.
	Reason string `json:"reason,omitempty"`
}

// A LogState says how far the log can be relied on.
type LogState string

const (
	// Flowing: connected and caught up; the log is whole from Since on.
	Flowing LogState = "flowing"
	// Broken: the stream ended and is being opened again. Nothing is lost yet.
	Broken LogState = "broken"
	// Gapped: lines were lost. The log is whole again once Flowing follows.
	Gapped LogState = "gapped"
	// Refused: the platform will not give the log; it is not asked again.
	Refused LogState = "refused"
)

// Trouble is a request that did not bring an answer of use.
type Trouble struct {
	Kind TroubleKind `json:"kind"`
	// About is what was asked; empty for a look at the lists.
	About About `json:"about,omitempty"`
	// Message says what was being done and what came of it, without secrets.
	Message string `json:"message"`
	// OutOfBudget: the account's budget of requests is used up, which all its programs share.
	OutOfBudget bool `json:"outOfBudget,omitempty"`
}

// About says what a question to the platform was about.
type About string

const (
	AboutLook    About = ""
	AboutApp     About = "app"
	AboutPreboot About = "preboot"
	AboutMetrics About = "metrics"
	AboutRelease About = "release"
	AboutBuilds  About = "builds"
	AboutCode    About = "code"
)

// Budget tells, once, that so few requests are left to the account that looks become
// rarer.
type Budget struct {
	Remaining int `json:"remaining"`
}

// TroubleKind sorts trouble by what can be done about it.
type TroubleKind string

const (
	Unauthorized TroubleKind = "unauthorized" // the key is wrong or was revoked: ends the wait
	Forbidden    TroubleKind = "forbidden"    // the key may not see the app: ends the wait
	NotFound     TroubleKind = "not-found"    // no such app, or no access: ends the wait
	Unreachable  TroubleKind = "unreachable"  // no usable answer; it is tried again
	// CannotConnect: something on the way is wrong, such as a name or a certificate, and no
	// answer ever came. It ends the wait when it comes twice in a row.
	CannotConnect TroubleKind = "cannot-connect"
	Internal      TroubleKind = "internal" // the gate has a bug: ends the wait
)
