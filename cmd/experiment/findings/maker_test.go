// Runs as the tests make them: a roll-out with known truth, which each test makes another one.

package findings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

const sec = time.Second

var began = time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC)

// A proc is a process of the app; times are of the run.
type proc struct {
	label       string
	code        int
	first, last time.Duration
	sigterm     time.Duration // 0: it printed none
	open        bool
	clock       time.Duration // how far the clock of its dyno is ahead
	quiet       bool          // the log has neither its start nor its exit
}

// A maker is a run to be made: two web dynos of code 1 get code 2 at 100 s, with preboot if that is on.
type maker struct {
	run   evidence.Run
	procs []proc
	// more are lines of the log; metrics are processes that report each 20 s, by the id.
	more    []string
	metrics map[string]string
	// record is what the dyno list shows of a label at a moment.
	records func(at time.Duration) []heroku.Dyno
	// release is what the list of releases shows of v4 at a moment; its Version is 0 if it does not have it.
	release func(at time.Duration) heroku.Release
	// old is the status that answers for an old id.
	old int
	// date is how far the Date of answers is ahead, and late how late lines come.
	date, late time.Duration
	// hold is when the gate's hold ends, 0 if it had none; observed are its observations.
	hold time.Duration
	// secondEnds is how a second gate ended, empty if there is none; second is when its hold ends.
	second     time.Duration
	secondEnds rollout.Result
	read       time.Duration // until when the log was read
	observed   []observe.Observation
	silent     time.Duration // from the beginning on, no list of releases is read
	noTurn     bool          // no label goes from up to starting
	noGates    bool
	blind      bool // no dyno list is read
}

// newMaker is the measured deploy in small, as it is assumed to be.
func newMaker() *maker {
	m := &maker{old: 404, hold: 454 * sec, read: 600 * sec, metrics: map[string]string{}, run: evidence.Run{
		Plan: "made-up", Start: began, Preboot: true, Types: map[string]int{"web": 2},
		Releases: []evidence.Release{{Code: 1, Version: 3, Created: began.Add(10 * sec)}, {Code: 2, Version: 4, Created: began.Add(100 * sec)}},
	}}
	m.procs = []proc{
		{label: "web.1", code: 1, first: 20 * sec, last: 290 * sec, sigterm: 290 * sec}, {label: "web.2", code: 1, first: 20 * sec, last: 301 * sec, sigterm: 301 * sec},
		{label: "web.1", code: 2, first: 104 * sec, last: 600 * sec, open: true}, {label: "web.2", code: 2, first: 105 * sec, last: 600 * sec, open: true},
	}
	m.records = func(at time.Duration) []heroku.Dyno {
		return []heroku.Dyno{m.record("web.1", at), m.record("web.2", at)}
	}
	m.release = func(at time.Duration) heroku.Release {
		if at < 100*sec {
			return heroku.Release{}
		}
		return heroku.Release{Version: 4, Status: "succeeded", CreatedAt: began.Add(100 * sec), UpdatedAt: began.Add(100 * sec)}
	}
	return m
}

// plain is the same without preboot, of processes that take their 30 s.
func plain() *maker {
	m := newMaker()
	m.run.Preboot, m.hold = false, 190*sec
	m.procs[0].sigterm, m.procs[0].last = 101*sec, 131*sec
	m.procs[1].sigterm, m.procs[1].last = 101*sec, 131*sec
	return m
}

// idOf is the id of the old dyno of a label (a), of its new one (b), or of another (c).
func idOf(which, label string) string {
	return strings.Repeat(which, 8) + "-0000-4000-8000-00000000000" + label[len(label)-1:]
}

// record is what a list shows that is up to date.
func (m *maker) record(label string, at time.Duration) heroku.Dyno {
	d := heroku.Dyno{ID: idOf("a", label), Name: label, Type: typeOf(label), State: "up", CreatedAt: began.Add(19 * sec), UpdatedAt: began.Add(20 * sec)}
	d.Release.Version = 3
	if at >= 100*sec {
		d.ID, d.CreatedAt, d.Release.Version, d.State = idOf("b", label), began.Add(100*sec), 4, "starting"
		if at >= 104*sec {
			d.State = "up"
		}
	}
	return d
}

// do is a step of the run.
func (m *maker) do(at time.Duration, what, refusal string) *maker {
	m.run.Steps = append(m.run.Steps, evidence.Step{At: at, Done: at + sec/2, What: what, Refused: refusal})
	return m
}

// with changes the maker.
func (m *maker) with(change func(*maker)) *maker { change(m); return m }

// stamp is a moment as a line has it.
func stamp(at time.Duration) string {
	return began.Add(at).UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

func (m *maker) says(at time.Duration, label, text string) {
	m.more = append(m.more, fmt.Sprintf("%s heroku[%s]: %s", stamp(at), label, text))
}

// make makes the run.
func (m *maker) make(t *testing.T) *evidence.Run {
	t.Helper()
	r := m.run
	lines := slices.Clone(m.more)
	var truth evidence.Log
	say := func(at time.Duration, label, text string) {
		lines = append(lines, fmt.Sprintf("%s heroku[%s]: %s", stamp(at), label, text))
	}
	for i, p := range m.procs {
		if p.code > 1 && !m.noTurn {
			say(p.first-3*sec, p.label, "State changed from up to starting")
		}
		if !p.quiet {
			say(p.first-sec, p.label, "Starting process with command `python app.py`")
			say(p.first-sec/10, p.label, "State changed from starting to up")
		}
		n := 0
		appSays := func(word string, at time.Duration) {
			lines = append(lines, fmt.Sprintf("%s app[%s]: %s code=%d process=process%d dyno=%s n=%d at=%s", stamp(at), p.label, word, p.code, i, p.label, n,
				began.Add(at+p.clock).Format("2006-01-02T15:04:05.000Z")))
			n++
		}
		for at := p.first; at <= p.last; at += sec {
			appSays("alive", at)
		}
		if p.sigterm > 0 {
			appSays("sigterm", p.sigterm)
			say(p.sigterm-sec/10, p.label, "Stopping all processes with SIGTERM")
		}
		if !p.open && !p.quiet {
			say(p.last+sec/10, p.label, "Process exited with status 143")
		}
	}
	for label, id := range m.metrics {
		for at := 20 * sec; at < 400*sec; at += 20 * sec {
			say(at, label, "source="+label+" dyno=heroku.1."+id+" sample#load_avg_1m=0.12")
		}
	}
	slices.Sort(lines)
	for _, text := range lines {
		truth.Add(0, text)
		at, err := time.Parse(time.RFC3339Nano, text[:32])
		if err != nil {
			t.Fatal(err)
		}
		r.Log = append(r.Log, evidence.Line{At: at.Sub(began) + m.late + sec/10, Text: text})
	}
	r.Read = began.Add(m.read)
	r.Processes = truth.Processes(r.Read, r.Gaps)
	m.ask(t, &r)
	if m.noGates {
		return &r
	}
	r.Gates = []evidence.Gate{{Name: "before", Began: 90 * sec, Ended: 305 * sec, Verdict: rollout.Verdict{Result: "passed", Reason: "rolled-out", Basis: "proven"}, Release: 4, Recording: m.recording(t), Hold: m.holdAt(m.hold)}}
	if m.secondEnds != "" {
		r.Gates = append(r.Gates, evidence.Gate{Name: "after", Began: 101 * sec, Ended: 250 * sec, Verdict: rollout.Verdict{Result: m.secondEnds}, Release: 4, Hold: m.holdAt(m.second)})
	}
	return &r
}

func (m *maker) holdAt(at time.Duration) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return began.Add(at)
}

// ask adds what the experiment asks: at odd moments, so that the platform's clock is known well.
func (m *maker) ask(t *testing.T, r *evidence.Run) {
	t.Helper()
	get := func(at time.Duration, what string, status int, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r.Requests = append(r.Requests, evidence.Request{At: at, Took: 50 * time.Millisecond, Method: "GET", Path: "/apps/app" + what,
			Status: status, Date: began.Add(at + m.date + 25*time.Millisecond).Truncate(sec), Body: string(text)})
	}
	for n := 0; n < 200; n++ {
		at := 30*sec + time.Duration(n)*2050*time.Millisecond
		if !m.blind {
			get(at, "/dynos", 200, m.records(at))
		}
		if n%3 == 0 && at > m.silent {
			var all []heroku.Release
			if x := m.release(at); x.Version != 0 {
				all = append(all, x)
			}
			get(at+300*time.Millisecond, "/releases", 200, append(all, heroku.Release{Version: 3, Status: "succeeded", CreatedAt: began.Add(10 * sec), UpdatedAt: began.Add(10 * sec)}))
		}
		if n%8 == 0 {
			get(at+600*time.Millisecond, "/dynos/"+idOf("a", "web.1"), m.old, m.record("web.1", 0))
		}
	}
}

// recording is what a gate observed.
func (m *maker) recording(t *testing.T) []byte {
	t.Helper()
	observed := m.observed
	if observed == nil {
		observed = []observe.Observation{{Preboot: &observe.Preboot{Known: true, Enabled: m.run.Preboot}}, {Log: &observe.LogStatus{State: observe.Flowing}},
			{App: &observe.App{ID: "app"}}, {Look: &observe.Look{}}}
	}
	text := []byte("{\"rolloutGateRecording\":1}\n")
	for _, o := range observed {
		line, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	return text
}
