// The app's log, with each line once and with the gaps in which lines may be missing; and the truth in it: the lines of
// the app, each printed by a process about itself. No line of the platform is used.

package evidence

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// Every is the time between two lines of a process. Late is how late a line of the log may come.
const (
	Every = time.Second
	Late  = 10 * time.Second
)

// An AppLine is what a process prints each second, as in
//
//	alive code=2 process=5f0c2a9be1d34b77 dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z
//
// or the one line that it prints when it gets SIGTERM, which begins with "sigterm".
type AppLine struct {
	Sigterm bool
	Code    int
	Process string
	Dyno    string
	N       int       // counts both kinds of lines of the process from 0, so that a lost line shows
	At      time.Time // by the clock of the process
}

var appLine = regexp.MustCompile(`^\S+ app\[([\w.-]+)\]: (alive|sigterm) code=(\d{1,9}) process=(\w+) dyno=(\S+) n=(\d{1,9}) at=(\S+)$`)

// ReadAppLine reads a line of the log, with its stamp and source. It is false for every other line, also for one
// that only quotes such a line: the source must be the dyno itself.
func ReadAppLine(line string) (AppLine, bool) {
	m := appLine.FindStringSubmatch(line)
	if m == nil || m[1] != m[5] {
		return AppLine{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, m[7])
	code, _ := strconv.Atoi(m[3]) // digits alone
	n, _ := strconv.Atoi(m[6])
	return AppLine{Sigterm: m[2] == "sigterm", Code: code, Process: m[4], Dyno: m[5], N: n, At: at}, err == nil
}

// A Process is one run of the app's program, by its own lines.
type Process struct {
	ID    string    `json:"id"`
	Code  int       `json:"code"`
	Dyno  string    `json:"dyno"`  // its label, as in "web.1"
	First time.Time `json:"first"` // the time of its first line
	Last  time.Time `json:"last"`  // the time of its last line: it ran then
	Line  string    `json:"-"`     // its last line, as the log has it
	// Sigterm is when it got SIGTERM; zero if it printed no such line.
	Sigterm time.Time `json:"sigterm,omitzero"`
	// Missing is how many of its lines between the first and the last never came.
	Missing int `json:"missing,omitempty"`
	// Open: the log had a gap, or ended, before the next line was due. So the process may have run on after Last.
	Open bool `json:"open,omitempty"`
}

// A Log collects what comes of the log. Lines may come twice, and in any order. Several goroutines may use it at once.
type Log struct {
	mu        sync.Mutex
	seen      map[string]bool
	lines     []Line
	processes map[string]*collected
	newest    time.Time     // the newest stamp of a line
	lastAt    time.Duration // when the line with that stamp came
	gaps      []Gap
	flowing   bool
	refused   string // why Heroku does not give the log; empty: it does
}

type collected struct {
	Process
	lines map[int]bool // by their numbers
}

// Add collects a line that came at a moment. Lines that only make the log busy are not kept.
func (l *Log) Add(at time.Duration, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stamp, _, _ := strings.Cut(text, " ")
	if t, err := time.Parse(time.RFC3339Nano, stamp); err == nil && t.After(l.newest) {
		l.newest, l.lastAt = t, at
	}
	if l.seen == nil {
		l.seen, l.processes = map[string]bool{}, map[string]*collected{}
	}
	if l.seen[text] || strings.Contains(text, "]: padding ") {
		return
	}
	l.seen[text] = true
	l.lines = append(l.lines, Line{At: at, Text: text})
	s, ok := ReadAppLine(text)
	if !ok {
		return
	}
	p := l.processes[s.Process]
	if p == nil {
		p = &collected{Process{ID: s.Process, Code: s.Code, Dyno: s.Dyno, First: s.At}, map[int]bool{}}
		l.processes[s.Process] = p
	}
	p.lines[s.N] = true
	if s.At.Before(p.First) {
		p.First = s.At
	}
	if !s.At.Before(p.Last) {
		p.Last, p.Line = s.At, text
	}
	if s.Sigterm {
		p.Sigterm = s.At
	}
}

// Status handles news of the log itself. A gap goes from the newest line before it to the time from which the log is
// whole again.
func (l *Log) Status(o observe.Observation) {
	s := o.Log
	if s == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flowing = s.State == observe.Flowing
	switch s.State {
	case observe.Flowing:
		if l.inGap() {
			l.gaps[len(l.gaps)-1].To = s.Since
		}
	case observe.Gapped:
		l.gaps = append(l.gaps, Gap{From: l.newest, Reason: s.Reason})
	case observe.Refused:
		l.refused = s.Reason
	case observe.Broken: // nothing is lost yet
	}
}

// inGap reports whether the last gap has no end yet.
func (l *Log) inGap() bool { return len(l.gaps) > 0 && l.gaps[len(l.gaps)-1].To.IsZero() }

// Fill fills in what was read until a moment. If dynos are up, they print each second: then a log without lines shows nothing.
// It is an error if Heroku does not give the log.
func (l *Log) Fill(r *Run, at time.Duration, up bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Log, r.Gaps, r.Read = l.lines, slices.Clone(l.gaps), l.newest
	switch quiet := at - l.lastAt; {
	case l.flowing && !up: // nobody printed, so nothing is missing
		r.Read = r.Read.Add(quiet - Every)
	case quiet > Late && !l.inGap():
		r.Gaps = append(r.Gaps, Gap{From: r.Read, Reason: "no line came for the last " + observe.Span(quiet).String()})
	}
	r.Processes = l.Processes(r.Read, r.Gaps)
	if l.refused != "" {
		return errors.New("the log cannot be read, so there is no truth: " + l.refused)
	}
	return nil
}

// Processes returns all processes, in the order of their first lines. The log was read until read, by its stamps, with
// these gaps.
func (l *Log) Processes(read time.Time, gaps []Gap) []Process {
	var all []Process
	for _, p := range l.processes {
		numbers := slices.Sorted(maps.Keys(p.lines))
		p.Missing = numbers[len(numbers)-1] - numbers[0] + 1 - len(numbers)
		due := p.Last.Add(2 * Every)
		p.Open = due.Add(Late).After(read) || slices.ContainsFunc(gaps, func(g Gap) bool { return g.Meets(p.Last, due) })
		all = append(all, p.Process)
	}
	slices.SortFunc(all, func(a, b Process) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID)) })
	return all
}
