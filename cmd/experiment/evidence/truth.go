// The truth: the lines of the app, each printed by a process about itself. No line of the platform is used.

package evidence

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
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

// A Truth collects the lines of the app. They may come twice and in any order.
type Truth struct {
	processes map[string]*collected
}

type collected struct {
	Process
	lines map[int]bool // by their numbers
}

// Add collects a line of the log. It is false if the line is none of the app's.
func (t *Truth) Add(line string) (AppLine, bool) {
	s, ok := ReadAppLine(line)
	if !ok {
		return s, false
	}
	p := t.processes[s.Process]
	if p == nil {
		p = &collected{Process{ID: s.Process, Code: s.Code, Dyno: s.Dyno, First: s.At}, map[int]bool{}}
		if t.processes == nil {
			t.processes = map[string]*collected{}
		}
		t.processes[s.Process] = p
	}
	p.lines[s.N] = true
	if s.At.Before(p.First) {
		p.First = s.At
	}
	if !s.At.Before(p.Last) {
		p.Last, p.Line = s.At, line
	}
	if s.Sigterm {
		p.Sigterm = s.At
	}
	return s, true
}

// Processes returns all processes, in the order of their first lines. The log was read until read, by its stamps, with
// these gaps.
func (t *Truth) Processes(read time.Time, gaps []Gap) []Process {
	var all []Process
	for _, p := range t.processes {
		numbers := slices.Sorted(maps.Keys(p.lines))
		p.Missing = numbers[len(numbers)-1] - numbers[0] + 1 - len(numbers)
		due := p.Last.Add(2 * Every)
		p.Open = due.Add(Late).After(read) || slices.ContainsFunc(gaps, func(g Gap) bool { return g.Meets(p.Last, due) })
		all = append(all, p.Process)
	}
	slices.SortFunc(all, func(a, b Process) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID)) })
	return all
}
