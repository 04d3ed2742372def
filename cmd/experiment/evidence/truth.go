// The truth: the app's own lines, each printed by a living process about itself. No line of the
// platform is looked at here.

package evidence

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Alive begins what a process prints each second, as in
//
//	alive code=2 process=5f0c2a9be1d34b77 dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z
//
// and Sigterm the one line that it prints when it gets SIGTERM, with the same fields. n counts the lines of
// the process from 0, of both kinds, so that a lost one shows. The clock is that of the process.
const (
	Alive   = "alive"
	Sigterm = "sigterm"
	// Padding begins the lines that only make the log busy.
	Padding = "padding"
)

// Every is how far apart the lines of a living process are. Late is how late a line of the log may come.
const (
	Every = time.Second
	Late  = 10 * time.Second
)

// A Sign is one such line.
type Sign struct {
	Sigterm bool
	Code    int
	Process string
	Dyno    string
	N       int
	At      time.Time
}

// String is the line as the app prints it.
func (s Sign) String() string {
	word := Alive
	if s.Sigterm {
		word = Sigterm
	}
	return fmt.Sprintf("%s code=%d process=%s dyno=%s n=%d at=%s", word, s.Code, s.Process, s.Dyno, s.N,
		s.At.UTC().Format("2006-01-02T15:04:05.000Z"))
}

var signForm = regexp.MustCompile(`^\S+ app\[([\w.-]+)\]: (alive|sigterm) code=(\d{1,9}) process=(\w+) dyno=(\S+) n=(\d{1,9}) at=(\S+)$`)

// ReadSign reads a line of the log, with its stamp and source. It returns false for all lines that
// are no sign: only a dyno's own output is one, whatever other lines quote.
func ReadSign(line string) (Sign, bool) {
	m := signForm.FindStringSubmatch(line)
	if m == nil || m[1] != m[5] {
		return Sign{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, m[7])
	code, _ := strconv.Atoi(m[3]) // digits alone
	n, _ := strconv.Atoi(m[6])
	return Sign{Sigterm: m[2] == Sigterm, Code: code, Process: m[4], Dyno: m[5], N: n, At: at}, err == nil
}

// A Process is one run of the app's program, as it told of itself.
type Process struct {
	ID    string    `json:"id"`
	Code  int       `json:"code"`
	Dyno  string    `json:"dyno"`  // its label, as in "web.1"
	First time.Time `json:"first"` // its first line, by its own clock
	Last  time.Time `json:"last"`  // its last one: it ran then
	// Sigterm is when it got SIGTERM; zero if it told of none.
	Sigterm time.Time `json:"sigterm,omitzero"`
	// Missing is how many of its lines between the first and the last never came.
	Missing int `json:"missing,omitempty"`
	// Open: the log had a gap, or ended, before the next line was due, so that it may have run longer
	// than Last tells.
	Open bool `json:"open,omitempty"`

	lines int
	last  int // number of the last line
	first int
}

// A Truth collects signs. Lines may come twice and in any order.
type Truth struct {
	processes map[string]*Process
	seen      map[string]map[int]bool
}

// See takes in a line of the log, and reports whether it was a sign of life.
func (t *Truth) See(line string) bool {
	s, ok := ReadSign(line)
	if !ok {
		return false
	}
	if t.processes == nil {
		t.processes, t.seen = map[string]*Process{}, map[string]map[int]bool{}
	}
	p := t.processes[s.Process]
	if p == nil {
		p = &Process{ID: s.Process, Code: s.Code, Dyno: s.Dyno, First: s.At, Last: s.At, first: s.N, last: s.N}
		t.processes[s.Process], t.seen[s.Process] = p, map[int]bool{}
	}
	if t.seen[s.Process][s.N] {
		return true
	}
	t.seen[s.Process][s.N] = true
	p.lines++
	if s.At.Before(p.First) {
		p.First = s.At
	}
	if s.At.After(p.Last) {
		p.Last = s.At
	}
	p.first, p.last = min(p.first, s.N), max(p.last, s.N)
	if s.Sigterm {
		p.Sigterm = s.At
	}
	return true
}

// Processes are all that told of themselves, in the order of their first lines. read is until when
// the log was read, by its stamps; gaps are the times of which lines may be missing.
func (t *Truth) Processes(read time.Time, gaps []Gap) []Process {
	var all []Process
	for _, p := range t.processes {
		q := *p
		q.Missing = q.last - q.first + 1 - q.lines
		due := q.Last.Add(2 * Every)
		q.Open = due.Add(Late).After(read) || slices.ContainsFunc(gaps, func(g Gap) bool {
			return (g.From.IsZero() || g.From.Before(due)) && (g.To.IsZero() || g.To.After(q.Last))
		})
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b Process) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID)) })
	return all
}
