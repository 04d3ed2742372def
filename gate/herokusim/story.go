// A played story: the truth, and what every list and the log show at any time.

package herokusim

import (
	"maps"
	"slices"
	"sort"
	"time"
)

// A Story is what happens in a scenario, known from beginning to end.
type Story struct {
	Scenario *Scenario
	// Start is the platform's clock at second 0.
	Start time.Time
	// Gate is when the gate should start. End is the end of the story.
	Gate, End time.Duration
	// Instances is the truth: every process that ran, in the order of their starts.
	Instances []Instance
	// Lines is the log in the order in which lines come, also the lost ones. What processes
	// print themselves is not in it; see Between.
	Lines []Line

	appID     string
	made      time.Duration // when the app was created
	app       history[appRecord]
	dynos     history[dynoRecord]
	formation history[formationRecord]
	releases  history[releaseRecord]
	slugs     history[slugRecord]
	builds    history[buildRecord]
	outputs   map[string]output // of builds and release phases, by their ids
}

// An Instance is one run of a process.
type Instance struct {
	Label   string
	Type    string
	Version int    // of its release
	ID      string // of the dyno record at its start
	OneOff  bool   // not in the formation
	Start   time.Duration
	// Up is when it came up. Zero: it never did.
	Up time.Duration
	// Term is when it received SIGTERM. Zero: it never did.
	Term time.Duration
	// Exit is when it ended. Zero: it still runs at the end of the story.
	Exit time.Duration
	// Process is the id that the process itself prints, and Code the version of its code.
	// Only apps of an Account have them, if behaviour.json of the source has a code.
	Process string
	Code    int

	metricsID string
	reports   bool // it writes runtime metrics
	program   program
}

// Running reports whether the process runs at that time.
func (i Instance) Running(at time.Duration) bool {
	return i.Start <= at && (i.Exit == 0 || at < i.Exit)
}

// OldRunning lists the formation's processes that run at that time and belong
// to a release before version. One-off dynos are left out.
func (st *Story) OldRunning(at time.Duration, version int) []Instance {
	var old []Instance
	for _, i := range st.Instances {
		if !i.OneOff && i.Version < version && i.Running(at) {
			old = append(old, i)
		}
	}
	return old
}

// LastOldExit returns when the last process of the formation with a release before
// version ended; false if one still runs at the end, or none ever ran.
func (st *Story) LastOldExit(version int) (time.Duration, bool) {
	var last time.Duration
	found := false
	for _, i := range st.Instances {
		if i.OneOff || i.Version >= version {
			continue
		}
		if i.Exit == 0 {
			return 0, false
		}
		if !found || i.Exit > last {
			last, found = i.Exit, true
		}
	}
	return last, found
}

// Code is the commit of a release, even if the API does not show it, and whether the release has succeeded at
// that time.
func (st *Story) Code(version int, at time.Duration) (commit string, succeeded bool) {
	for _, r := range st.releases.all(at) {
		if r.version == version {
			return r.commit, r.status == "succeeded"
		}
	}
	return "", false
}

// ReleaseID is the id of a release; empty if the story has no such release.
func (st *Story) ReleaseID(version int) string {
	for id, steps := range st.releases {
		if steps[0].value.version == version {
			return id
		}
	}
	return ""
}

// Time is the platform's clock at a time of the story.
func (st *Story) Time(at time.Duration) time.Time { return st.Start.Add(at) }

// appName is the app's name at that time.
func (st *Story) appName(at time.Duration) string {
	app, _ := st.app.get("app", at)
	return orElse(app.name, st.Scenario.AppName())
}

// stamp is a time as the API writes it, in whole seconds.
func (st *Story) stamp(at time.Duration) time.Time {
	return st.Time(at).UTC().Truncate(time.Second)
}

// output is what a build or a release phase prints.
type output struct {
	begins, ends time.Duration
	lines        []string
}

// A history has all versions of the records of one kind, by their keys, each with its time.
type history[T any] map[string][]step[T]

type step[T any] struct {
	at    time.Duration
	gone  bool
	value T
}

// put adds a version of a record. Its time is not before that of the last version.
func (h *history[T]) put(key string, at time.Duration, value T) {
	if *h == nil {
		*h = history[T]{}
	}
	(*h)[key] = append((*h)[key], step[T]{at: at, value: value})
}

// drop records that the record does not exist from then on.
func (h *history[T]) drop(key string, at time.Duration) {
	(*h)[key] = append((*h)[key], step[T]{at: at, gone: true})
}

// get returns the record at that time; false if it did not exist.
func (h history[T]) get(key string, at time.Duration) (T, bool) {
	steps := h[key]
	n := sort.Search(len(steps), func(i int) bool { return steps[i].at > at })
	if n == 0 || steps[n-1].gone {
		var none T
		return none, false
	}
	return steps[n-1].value, true
}

// all returns all records at that time, in the order of their keys.
func (h history[T]) all(at time.Duration) []T {
	var values []T
	for _, key := range slices.Sorted(maps.Keys(h)) {
		if v, ok := h.get(key, at); ok {
			values = append(values, v)
		}
	}
	return values
}

// The records. Their times are times of the story. A view turns them into objects of the API.
type (
	appRecord struct {
		name           string
		preboot        bool
		prebootChanged time.Duration
		metrics        bool
		metricsChanged time.Duration
		maintenance    bool
		released       time.Duration
	}
	dynoRecord struct {
		id, label, typ, size, command string
		state                         string
		release                       string
		version                       int
		created, updated              time.Duration
	}
	formationRecord struct {
		id, typ, size, command string
		quantity               int
		created, updated       time.Duration
	}
	releaseRecord struct {
		id, description, status  string
		version                  int
		slug, commit             string
		phase, current, eligible bool
		source                   *source           // nil: the code was not uploaded
		vars                     map[string]string // the config vars
		created, updated         time.Duration
	}
	slugRecord struct {
		id, commit string
		source     *source
		created    time.Duration
	}
	buildRecord struct {
		id, status, commit, slug, release string
		source                            *source
		created, updated                  time.Duration
	}
)
