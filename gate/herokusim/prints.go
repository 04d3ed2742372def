// What processes print themselves. It is computed only when somebody reads it: a busy app prints more than
// fits into memory.

package herokusim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A program says what a process prints. It is the same for all processes of a source.
type program struct {
	code  int // zero: it prints nothing
	lines int // lines of padding a second
}

const (
	// loadTime is the time from the start of a process to its first line.
	loadTime = 200 * time.Millisecond
	// printDelay is how long a line takes from the process to the log.
	printDelay = 2 * time.Millisecond
	// burst is the interval in which lines of padding come, as the log collects them.
	burst = 100 * time.Millisecond
	// doubleDelay is how much later the copy of a doubled line comes.
	doubleDelay = 300 * time.Millisecond
)

// A mark is how far a reader has read the log. When clients write to an app, further played
// lines of the same moment may come; they are behind the ones that were there, so a count
// of lines is safe.
type mark struct {
	played  int           // how many of the story's Lines
	printed time.Duration // all lines that processes have printed until then
}

func (st *Story) mark(at time.Duration) mark { return mark{st.firstAfter(at), at} }

// firstAfter is the index of the first played line that comes after that time.
func (st *Story) firstAfter(at time.Duration) int {
	return sort.Search(len(st.Lines), func(i int) bool { return st.Lines[i].Emitted > at })
}

// since returns the lines that came after the mark, until that time.
func (st *Story) since(m mark, to time.Duration) ([]Line, mark) {
	end := mark{max(m.played, st.firstAfter(to)), to}
	return merge(st.Lines[m.played:end.played], st.printed(m.printed, to)), end
}

// Between returns all lines that come after from and not after to, also the lost ones: those
// of Heroku, and those that the processes print.
func (st *Story) Between(from, to time.Duration) []Line {
	lines, _ := st.since(st.mark(from), to)
	return lines
}

func merge(played, printed []Line) []Line {
	if len(printed) == 0 {
		return played
	}
	all := slices.Concat(played, printed)
	slices.SortStableFunc(all, func(a, b Line) int { return cmp.Compare(a.Emitted, b.Emitted) })
	return all
}

// first is when the first line may come.
func (st *Story) first() time.Duration {
	first := time.Duration(math.MaxInt64)
	if len(st.Lines) > 0 {
		first = st.Lines[0].Emitted
	}
	if len(st.Instances) > 0 {
		first = min(first, st.Instances[0].Start)
	}
	return first
}

// next is when the next line after the mark may come.
func (st *Story) next(m mark) time.Duration {
	next := time.Duration(math.MaxInt64)
	if m.played < len(st.Lines) {
		next = st.Lines[m.played].Emitted
	}
	shift := st.maxDelay() > 0 // delayed lines can come at any time
	for i := range st.Instances {
		x := &st.Instances[i]
		if x.program.code == 0 || x.Exit != 0 && x.Exit+printDelay+burst+st.maxDelay() < m.printed {
			continue
		}
		begins := x.Start + loadTime + printDelay
		switch at := m.printed; {
		case at < begins:
			next = min(next, begins)
		case shift:
			next = min(next, at+burst)
		case x.program.lines > 0:
			next = min(next, burstStart(at)+burst)
		default:
			next = min(next, begins+((at-begins)/time.Second+1)*time.Second)
			if x.Term != 0 && x.Term+printDelay+time.Millisecond > at {
				next = min(next, x.Term+printDelay+time.Millisecond)
			}
		}
	}
	if shift && next < math.MaxInt64 {
		if soon := st.printed(m.printed, min(next, m.printed+burst)); len(soon) > 0 {
			next = soon[0].Emitted
		}
	}
	return next
}

// maxDelay is how much later than usual a line can come at most.
func (st *Story) maxDelay() time.Duration {
	var delay time.Duration
	if late := st.Scenario.Log.Late; late != nil {
		delay = late.By
	}
	if st.Scenario.Log.Double > 0 {
		delay += doubleDelay
	}
	return delay
}

// printed returns the lines of all processes that come after from and not after to.
func (st *Story) printed(from, to time.Duration) []Line {
	var lines []Line
	delay := st.maxDelay()
	for n := range st.Instances {
		i := &st.Instances[n]
		if i.program.code == 0 || i.Start > to || i.Exit != 0 && i.Exit+printDelay+burst+delay < from {
			continue
		}
		emit := func(comes, at time.Duration, text string) {
			l := Line{Emitted: comes, Stamp: st.Time(at).Truncate(time.Microsecond), Source: "app", Proc: i.Label, Text: text, InTail: true, InHistory: true}
			lines = st.addDisturbed(lines, l, from, to)
		}
		i.truthLines(st, from-delay, to, emit)
		i.padding(from-delay, to, emit)
	}
	if len(lines) > 1 {
		slices.SortStableFunc(lines, func(a, b Line) int {
			return cmp.Or(cmp.Compare(a.Emitted, b.Emitted), a.Stamp.Compare(b.Stamp))
		})
	}
	return lines
}

// truthLines emits the lines that show the truth: one a second, and one at SIGTERM.
func (i *Instance) truthLines(st *Story, from, to time.Duration, emit func(comes, at time.Duration, text string)) {
	begins, term := i.Start+loadTime, time.Duration(math.MaxInt64)
	if i.Term != 0 && i.Term+time.Millisecond >= begins {
		term = i.Term + time.Millisecond
	}
	truthLine := func(word string, n int, at time.Duration) {
		if at+printDelay <= from || at+printDelay > to || i.Exit != 0 && at >= i.Exit {
			return
		}
		emit(at+printDelay, at+printDelay, fmt.Sprintf("%s code=%d process=%s dyno=%s n=%d at=%s", word, i.Code, i.Process, i.Label, n, st.Time(at).UTC().Format("2006-01-02T15:04:05.000Z")))
	}
	seconds := func(at time.Duration) int { // how many of the lines a second come until then
		if at < begins {
			return 0
		}
		return int((at-begins)/time.Second) + 1
	}
	if term != math.MaxInt64 {
		truthLine("sigterm", seconds(term), term)
	}
	for k := max(0, seconds(from-printDelay)-1); ; k++ {
		at := begins + time.Duration(k)*time.Second
		if at+printDelay > to || i.Exit != 0 && at >= i.Exit {
			return
		}
		n := k
		if at > term {
			n++
		}
		truthLine("alive", n, at)
	}
}

// padding emits the lines that only make the log busy.
func (i *Instance) padding(from, to time.Duration, emit func(comes, at time.Duration, text string)) {
	rate := time.Duration(i.program.lines)
	if rate == 0 {
		return
	}
	begins, ends := i.Start+loadTime, min(to, i.ends())
	// A burst has the lines that were printed since the burst before.
	for at := burstStart(max(from, begins)) - burst; at < ends; at += burst {
		comes := at + burst
		if comes <= from || comes > to {
			continue
		}
		number := func(at time.Duration) int64 { return int64(max(0, min(at, i.ends())-begins) * rate / time.Second) }
		for n := number(at); n < number(comes); n++ {
			printed := begins + time.Duration(n)*time.Second/rate
			emit(comes, printed, "padding "+strconv.FormatInt(n, 10)+filler)
		}
	}
}

// burstStart is when the burst begins to which a time belongs.
func burstStart(at time.Duration) time.Duration { return at - ((at%burst)+burst)%burst }

var filler = " " + strings.Repeat("lorem ipsum ", 5)

// ends is when the process ends, or the largest time if it still runs.
func (i *Instance) ends() time.Duration {
	if i.Exit == 0 {
		return math.MaxInt64
	}
	return i.Exit
}

// addDisturbed adds a line if it comes between from and to. It may be late, lost or doubled, as the
// scenario says.
func (st *Story) addDisturbed(lines []Line, l Line, from, to time.Duration) []Line {
	log := st.Scenario.Log
	if log.Late != nil && chance(l, "late") < log.Late.Share {
		l.Emitted += log.Late.By
	}
	for n, x := range log.Lose {
		if l.Emitted >= x.From && l.Emitted < x.To && (x.Share == nil || chance(l, "lose"+strconv.Itoa(n)) < *x.Share) {
			l.InTail, l.InHistory = false, l.InHistory && x.Kept
		}
	}
	comes := func(l Line) {
		if l.Emitted > from && l.Emitted <= to {
			lines = append(lines, l)
		}
	}
	comes(l)
	if log.Double > 0 && chance(l, "double") < log.Double {
		l.Emitted += doubleDelay
		comes(l)
	}
	return lines
}

// chance is a number from 0 to 1. It is always the same for the same line and question.
func chance(l Line, question string) float64 {
	h := fnv.New64a()
	h.Write([]byte(question + l.Proc + l.Text))
	h.Write(strconv.AppendInt(nil, l.Stamp.UnixMicro(), 10))
	return float64(h.Sum64()>>11) / (1 << 53)
}
