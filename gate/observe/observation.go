// What can be observed.

package observe

import "time"

// An Observation is one thing that the gate learnt, and when. At most one of the
// pointers is set; an observation with none of them only says that time passed.
//
// Observations are the whole input of the core, so a recording of them replays to
// the same verdict.
type Observation struct {
	// At is when the gate learnt it: time since the start of the watch, on a clock
	// that never jumps. In a recording: nanoseconds.
	At time.Duration `json:"at"`
	// Begin: the wait begins now. The observations before it are the head start: the watch began
	// before the deploy. Without a head start the wait begins with the first observation.
	Begin bool `json:"begin,omitempty"`
	// Date is the platform's time by the Date header of an answer, in whole
	// seconds. Zero if the observation is not an answer.
	Date time.Time `json:"date,omitzero"`
	// Runner is the time by the clock of the machine that the gate runs on. It is only set if Date
	// is too far ahead of that clock to be believed; zero otherwise.
	Runner time.Time `json:"runner,omitzero"`
	// Why is, in words, the reason why the gate asked; empty if it did not ask. Nothing is decided
	// on it.
	Why string `json:"why,omitempty"`

	App     *App       `json:"app,omitempty"`
	Preboot *Preboot   `json:"preboot,omitempty"`
	Metrics *Metrics   `json:"metrics,omitempty"`
	Look    *Look      `json:"look,omitempty"`
	Release *Release   `json:"release,omitempty"` // the answer to a question for one release; version 0: there is no such release
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
	// Deadline: the timeout is reached.
	Deadline End = "deadline"
	// Interrupt: the caller wants the gate to stop (a signal).
	Interrupt End = "interrupt"
)

// App says where the app runs. That decides how its old dynos end.
type App struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Space is the name of the Private Space; empty on the Common Runtime.
	Space string `json:"space,omitempty"`
	// Generation is "cedar" or "fir"; empty if not known.
	Generation string `json:"generation,omitempty"`
	// Maintenance: the router answers requests in place of the app, whose dynos keep running.
	Maintenance bool `json:"maintenance,omitempty"`
}

// Preboot is the state of the app feature "preboot".
type Preboot struct {
	// AskedAt is when the request was sent; 0 if not known.
	AskedAt time.Duration `json:"askedAt,omitempty"`
	// Known is false if the platform did not say; the gate then assumes that preboot is on.
	Known   bool `json:"known"`
	Enabled bool `json:"enabled"`
	// ChangedAt is when the feature was last switched. Zero if not known.
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// Metrics is the state of the app feature "log-runtime-metrics".
type Metrics struct {
	// Known is false if the platform did not say.
	Known   bool `json:"known"`
	Enabled bool `json:"enabled"`
	// ChangedAt is when the feature was last switched. Zero if not known.
	ChangedAt time.Time `json:"changedAt,omitzero"`
}

// ListLag is how late the platform's lists may be: a list that is requested this long after an event
// shows the event.
const ListLag = 10 * time.Second

// A Look is one view of the app's lists, fetched together.
type Look struct {
	// AskedAt is when the first request of this look was sent. The look may miss
	// what happened later.
	AskedAt time.Duration `json:"askedAt"`
	// Dynos is the whole dyno list, from all pages.
	Dynos []Dyno `json:"dynos"`
	// Formation is nil if this look did not request it.
	Formation []Formation `json:"formation"`
	// Releases are the newest releases, in any order; nil if this look did not request them.
	Releases []Release `json:"releases"`
	// ReleasesCut: the app has older releases than those in Releases.
	ReleasesCut bool `json:"releasesCut,omitempty"`
}

// Full reports whether the look has all three lists, as a verdict needs them.
func (l *Look) Full() bool { return l.Formation != nil && l.Releases != nil }

// Dyno is one record of the dyno list.
type Dyno struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the label, "web.1"; on Fir the name of a pod
	Type string `json:"type"`
	Size string `json:"size,omitempty"`
	// State is crashed, down, idle, starting or up.
	State string `json:"state"`
	// Version is that of the release that the dyno runs, by the list.
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// UpdatedAt is when State last changed.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// Formation is how many dynos of one process type the app is scaled to.
type Formation struct {
	Type      string    `json:"type"`
	Quantity  int       `json:"quantity"`
	Size      string    `json:"size,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// UpdatedAt is when the process type was last scaled.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// Release is one release of the app.
type Release struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	// Status is pending, succeeded, failed or expired. A release with any other status does not count
	// as deployed.
	Status  string `json:"status"`
	Current bool   `json:"current"`
	// SlugID is empty for container images, on Fir, and before the first build. In its place
	// ImageID is the id of the OCI image, if the platform gives one.
	SlugID      string    `json:"slugId,omitempty"`
	ImageID     string    `json:"imageId,omitempty"`
	Description string    `json:"description,omitempty"`
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

// Deployed reports whether the release was deployed: its release phase, if it has one, has ended and did not
// fail. That holds for an expired release, too: Heroku destroys the code of releases that are older than 30
// days and 20 releases, and calls them expired from then on (Dev Center changelog, item 3395).
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

// Code describes a slug or an OCI image.
type Code struct {
	ID string `json:"id"`
	// Commit is what the code was built from; empty if it has no commit, or the platform does not say.
	Commit string `json:"commit,omitempty"`
	// CreatedAt is when the code was built; zero if not known.
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
	// Commit is the version with which the source was labelled; often a commit.
	Commit    string    `json:"commit,omitempty"`
	ReleaseID string    `json:"releaseId,omitempty"`
	SlugID    string    `json:"slugId,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
}

// A LineKind is what a line of the log reports.
type LineKind string

const (
	Start   LineKind = "start"   // a process was started
	State   LineKind = "state"   // the state of the listed dyno changed
	Sigterm LineKind = "sigterm" // a process was asked to stop
	Sigkill LineKind = "sigkill" // a process was killed
	Exit    LineKind = "exit"    // a process ended
	Replace LineKind = "replace" // the dyno is about to be replaced: Restarting, Cycling
	Sleep   LineKind = "sleep"   // Idling, Unidling
	Metric  LineKind = "metric"  // runtime metrics: the process is alive
	Fault   LineKind = "fault"   // a numbered error: R10, R14, R15 …
	API     LineKind = "api"     // somebody changed the app through the API: it is time to look
	Loss    LineKind = "loss"    // a notice that lines were lost: L11, L12, L13, L15
)

// Line is a line of the log that only the platform can have written, and that says
// something about the life of a process. Lines of the app itself are never observations.
type Line struct {
	// Stamp is the time that the line begins with, by the platform's clock.
	Stamp time.Time `json:"stamp"`
	// Label is the name of the dyno, as in "web.1"; empty for API and Loss.
	Label string   `json:"label,omitempty"`
	Kind  LineKind `json:"kind"`
	// From and To are the states before and after the change that a State line reports.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Release is the version of the release that an API line reports; 0 if it reports
	// something else.
	Release int `json:"release,omitempty"`
	// Scaled: an API line reports that the formation was scaled.
	Scaled bool `json:"scaled,omitempty"`
	// UUID names the process in a Metric line.
	UUID string `json:"uuid,omitempty"`
	// Text is the message, at most its first 300 bytes. It is empty for API and
	// Metric lines, which can quote configuration.
	Text string `json:"text,omitempty"`
}

// LogStatus is a change of the log stream itself.
type LogStatus struct {
	State LogState `json:"state"`
	// Since is, for Flowing, the time from which on the gate has every line of the log;
	// zero if the platform gave no history.
	Since time.Time `json:"since,omitzero"`
	// Reason is, in words, why the log is Broken, Gapped or Refused.
	Reason string `json:"reason,omitempty"`
}

// A LogState says how far the log can be relied on.
type LogState string

const (
	// Flowing: connected and caught up; the log is complete from Since on.
	Flowing LogState = "flowing"
	// Broken: the stream ended, and the gate opens it again. No line is lost yet.
	Broken LogState = "broken"
	// Gapped: lines were lost. The log is complete again from the next Flowing on.
	Gapped LogState = "gapped"
	// Refused: the platform does not give the log, and the gate does not ask again.
	Refused LogState = "refused"
)

// Trouble is a request without a usable answer.
type Trouble struct {
	Kind TroubleKind `json:"kind"`
	// About is what the gate asked for; empty for a look at the lists.
	About About `json:"about,omitempty"`
	// Message says what the gate tried and what happened, without secrets.
	Message string `json:"message"`
	// OutOfBudget: the account has no API requests left. All programs that use the account share them.
	OutOfBudget bool `json:"outOfBudget,omitempty"`
}

// About says what a request to the platform asked for.
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

// Budget is reported once: the account has so few API requests left that the gate looks less often.
type Budget struct {
	Remaining int `json:"remaining"` // the requests that are left
}

// TroubleKind sorts trouble by what the gate does about it.
type TroubleKind string

const (
	Unauthorized TroubleKind = "unauthorized" // the key is wrong or was revoked: ends the wait
	Forbidden    TroubleKind = "forbidden"    // the key may not see the app: ends the wait
	NotFound     TroubleKind = "not-found"    // no such app, or no access: ends the wait
	Unreachable  TroubleKind = "unreachable"  // no usable answer: the gate tries again
	// CannotConnect: something on the way is wrong, such as a host name or a certificate, and no
	// answer ever came. Twice in a row it ends the wait.
	CannotConnect TroubleKind = "cannot-connect"
	Internal      TroubleKind = "internal" // the gate has a bug: ends the wait
)
