// The log: what its lines, and news of its stream, tell of the fleet.

package oldcore

import (
	"strconv"
	"strings"
	"time"
)

// seeLine takes in a line of the log; it tells whether the line concerns a label
// in scope and was new.
func (f *fleet) seeLine(l *Line, at time.Duration) bool {
	switch l.Kind {
	case Start, State, Sigterm, Sigkill, Exit, Replace, Sleep, Metric:
	case Fault:
		f.seeFault(l)
		return false
	default:
		return false
	}
	lb := f.labels[l.Label]
	if lb == nil {
		if len(f.labels) >= maxLabels {
			return false // the list still tells of them
		}
		lb, _ = f.label(l.Label, f.typeOf(l.Label))
		if f.look != nil { // and it is not in it
			lb.leftAt, lb.fresh = at, f.newSinceFirstLook(l.Stamp)
		}
	}
	lb.weight.known = false
	if l.Kind == Metric {
		b := lb.beats[l.UUID]
		if b == nil && len(lb.beats) >= maxBeats {
			return false
		}
		if b == nil {
			b = &beat{first: l.Stamp}
			lb.beats[l.UUID] = b
		}
		if l.Stamp.After(b.last) {
			b.last = l.Stamp
		}
		return false
	}
	if l.Stamp.Before(f.booksFrom) {
		return false
	}
	entry := *l
	entry.Text = ""
	if l.Kind == Sleep || l.Kind == Sigkill {
		entry.Text = l.Text
	}
	entered := lb.books.enter(entry, at)
	if f.log != Flowing && (entered || lb.books.full) { // what was proof may have lacked what the break kept back
		lb.proved, lb.confirmed = false, false
	}
	if !entered {
		return false
	}
	f.timeLine(l, at)
	replaced := l.Kind == Replace || (l.Kind == State && l.From == "up" && l.To == "starting")
	if replaced && lb.typ == "web" && l.Stamp.After(f.announced) {
		f.announced, f.announcedSeen = l.Stamp, at
	}
	if false && replaced && lb.typ == "web" && !f.release.IsZero() && l.Stamp.After(f.newestWeb) && l.Stamp.After(f.release) {
		f.newestWeb, f.newestWebSeen = l.Stamp, at
	}
	return f.inScope(lb.typ)
}

// seeFault keeps the last numbered error of a label, and learns from a boot timeout
// how long the app's is: "… failed to bind to $PORT within 60 seconds of launch".
func (f *fleet) seeFault(l *Line) {
	if lb := f.labels[l.Label]; lb != nil && !l.Stamp.Before(lb.fault.Stamp) {
		lb.fault = *l
	}
	if !strings.HasPrefix(l.Text, "Error R10 ") {
		return
	}
	_, rest, ok := strings.Cut(l.Text, "within ")
	seconds, _, ok2 := strings.Cut(rest, " seconds")
	if n, err := strconv.Atoi(seconds); ok && ok2 && err == nil && n <= longestBoot {
		f.boot = max(f.boot, time.Duration(n)*time.Second)
	}
}

// timeLine keeps account of how late the lines of a flowing log come. The two clocks
// differ, so only the differences between lines tell.
func (f *fleet) timeLine(l *Line, at time.Duration) {
	if f.log != Flowing || l.Stamp.Before(f.clock.now(f.flowedAt)) {
		return // a line from before the stream was opened is not late
	}
	began := l.Stamp.Add(-at) // the start of the gate, if the line took no time
	if began.After(f.began) {
		f.began = began
	}
	f.latest = min(max(f.latest, f.began.Sub(began)-usualDelay), listLag)
}

// typeOf finds the type of a label that no list has shown: the longest type of
// the formation that it begins with. Until the formation is known it is the part
// before the last dot, which also serves one-off dynos.
func (f *fleet) typeOf(name string) string {
	best := ""
	for t := range f.formation {
		if len(t) > len(best) && (strings.HasPrefix(name, t+".") || strings.HasPrefix(name, t+"-")) {
			best = t
		}
	}
	if best != "" {
		return best
	}
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// seeLog takes in news of the log stream. After a gap the books begin anew: what
// was lost may have been a start.
func (f *fleet) seeLog(s *LogStatus, at time.Duration) {
	gapped := f.log == Gapped
	f.log, f.logWhy, f.weighed = s.State, s.Reason, circumstances{}
	switch s.State {
	case Flowing:
		f.logSince = s.Since
		f.flowedAt = at
		if gapped {
			f.booksFrom = s.Since
			for _, lb := range f.labels { // what was told again of the time before
				lb.books.drop(s.Since)
			}
		}
	case Gapped:
		f.logSince = time.Time{}
		for _, lb := range f.labels {
			lb.books = books{}
			lb.fresh, lb.booked = false, time.Time{}
			lb.settled, lb.proved, lb.confirmed = lb.settled || lb.confirmed, false, false
		}
	}
}
