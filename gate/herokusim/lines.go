// The lines of the log: when each is stamped, when readers can read it, and whether it is lost.

package herokusim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A Line is one line of the log.
type Line struct {
	// Emitted is when readers can read it; Stamp is the time in the line.
	Emitted time.Duration
	Stamp   time.Time
	Source  string // heroku or app
	Proc    string // a label, router, api …
	Text    string
	// InTail and InHistory say whether the tail and the history contain it. A lost line is in neither.
	InTail, InHistory bool
}

// String is the line as a log session prints it, without the line's end.
func (l Line) String() string {
	return l.Stamp.UTC().Format("2006-01-02T15:04:05.000000+00:00") + " " + l.Source + "[" + l.Proc + "]: " + l.Text
}

// A draft is a line before it is late or lost.
type draft struct {
	at                 time.Duration
	source, proc, text string
}

// api reports whether the line is from the API. API lines of the same moment have the same stamp.
func (d draft) api() bool { return d.source == "app" && d.proc == "api" }

// metrics reports whether the line has runtime metrics.
func (d draft) metrics() bool {
	return d.source == "heroku" && strings.HasPrefix(d.text, "source="+d.proc+" dyno=")
}

// build reports whether the line is about a build. In captures their stamps have whole seconds.
func (d draft) build() bool { return d.api() && strings.HasPrefix(d.text, "Build ") }

func (p *play) line(source, proc, text string) { p.draft(draft{p.now, source, proc, text}) }

// draft adds a line, unless there are too many.
func (p *play) draft(d draft) {
	if len(p.lines) >= maxLines {
		p.fail("ends", "the story has more than %d lines by %s: make ends less, or let less happen", maxLines, d.at)
		return
	}
	p.lines = append(p.lines, d)
}

func (p *play) heroku(label, text string) { p.line("heroku", label, text) }

func (p *play) api(text string) { p.line("app", "api", text) }

const (
	// routine is how long before the story routine lines and metrics begin.
	routine = 10 * time.Minute
	// metricsEvery is the interval of the metrics of a process.
	metricsEvery = 20 * time.Second
)

// metrics writes the runtime metrics of every process. Each process has its own offset in the interval.
func (p *play) metrics() {
	rng := p.random(1)
	for _, i := range p.st.Instances {
		if !i.reports {
			continue
		}
		at := i.Start + time.Duration(rng.Int64N(int64(metricsEvery)))
		if at < -routine {
			at += ((-routine-at)/metricsEvery + 1) * metricsEvery
		}
		for ; p.bad == nil && at < p.st.End && (i.Exit == 0 || at < i.Exit); at += metricsEvery {
			text := fmt.Sprintf("source=%s dyno=heroku.%d.%s ", i.Label, 2808254, i.metricsID)
			p.draft(draft{at, "heroku", i.Label, text + "sample#load_avg_1m=0.12 sample#load_avg_5m=0.10 sample#load_avg_15m=0.08"})
			p.draft(draft{at, "heroku", i.Label, text + "sample#memory_total=180.43MB sample#memory_rss=180.10MB sample#memory_cache=0.33MB sample#memory_swap=0.00MB sample#memory_pgpgin=57219pages sample#memory_pgpgout=11005pages sample#memory_quota=512.00MB"})
		}
	}
}

func (sc *Scenario) noise() float64 {
	if sc.Noise == nil {
		return 0.1
	}
	return *sc.Noise
}

// noise writes routine lines of the app and the router.
func (p *play) noise() {
	rate := p.sc.noise()
	if rate == 0 || len(p.st.Instances) == 0 {
		return
	}
	rng := p.random(2)
	for at := -routine; at < p.st.End && p.bad == nil; {
		at += time.Duration(min(rng.ExpFloat64()/rate*float64(time.Second), float64(lastEnd)+float64(routine)))
		some := p.candidates(at)
		if len(some) == 0 {
			continue
		}
		i := some[rng.IntN(len(some))]
		if !i.Running(at) || i.OneOff {
			continue
		}
		if i.Type == "web" && rng.IntN(2) == 0 {
			p.draft(draft{at, "heroku", "router", fmt.Sprintf(
				`at=info method=GET path="/" host=%s.herokuapp.com request_id=%s fwd="192.0.2.1" dyno=%s connect=0ms service=%dms status=200 bytes=7918 protocol=http1.1 tls=true tls_version=tls1.3`,
				p.sc.AppName(), uuid(rng), i.Label, 1+rng.IntN(90))})
			continue
		}
		p.draft(draft{at, "app", i.Label, fmt.Sprintf("[%d] done in %d ms", 10+rng.IntN(90), 1+rng.IntN(900))})
	}
}

// candidates are the processes that may print a routine line. For a writable app these are the ones that run
// then, since nobody knows yet how many there will be.
func (p *play) candidates(at time.Duration) []Instance {
	if p.grows == nil {
		return p.st.Instances
	}
	var some []Instance
	for _, i := range p.st.Instances {
		if i.Running(at) {
			some = append(some, i)
		}
	}
	return some
}

// finishLines turns the drafts into lines. Some become late, doubled or lost, as the scenario says.
func (p *play) finishLines() {
	slices.SortStableFunc(p.lines, func(a, b draft) int { return int(a.at - b.at) })
	log, rng := p.sc.Log, p.random(3)
	lost := make([]int, len(log.Lose))
	var last time.Duration
	for i, d := range p.lines {
		// Stamps have microseconds. No two lines have the same stamp, except lines of the API.
		at := d.at.Round(time.Microsecond)
		together := i > 0 && d.api() && p.lines[i-1].api() && d.at == p.lines[i-1].at
		if i > 0 && at <= last {
			at = last
			if !together {
				at += time.Microsecond
			}
		}
		last = at
		stamp := p.st.Time(at)
		if d.build() {
			stamp = stamp.Truncate(time.Second)
		}
		l := Line{Emitted: max(at, d.at), Stamp: stamp, Source: d.source, Proc: d.proc, Text: d.text, InTail: true, InHistory: true}
		p.disturb(&l, d, lost, rng)
		p.st.Lines = append(p.st.Lines, l)
		if log.Double > 0 && rng.Float64() < log.Double {
			l.Emitted += 300 * time.Millisecond
			p.st.Lines = append(p.st.Lines, l)
		}
	}
	for n, x := range log.Lose {
		if x.Notice != "" {
			for _, l := range p.st.printed(x.From-1, x.To-1) {
				if !l.InTail {
					lost[n]++
				}
			}
			// In front: among lines of the same time the notice must come before the first that is not lost.
			p.st.Lines = slices.Insert(p.st.Lines, 0, p.lossNotice(x, lost[n]))
		}
	}
	slices.SortStableFunc(p.st.Lines, func(a, b Line) int { return int(a.Emitted - b.Emitted) })
}

// disturb makes a line late, or loses it. lost counts the lines that are lost in each interval.
func (p *play) disturb(l *Line, d draft, lost []int, rng *rand.Rand) {
	log := p.sc.Log
	platform := d.source == "heroku" && d.proc != "router"
	if d.api() {
		l.Emitted += log.APILate
	}
	if log.Late != nil && rng.Float64() < log.Late.Share {
		l.Emitted += log.Late.By
	}
	if platform && log.LoseLines > 0 && rng.Float64() < log.LoseLines {
		l.InTail, l.InHistory = false, false
	}
	if d.metrics() {
		p.disturbMetrics(l, rng)
	}
	for n, x := range log.Lose {
		if l.Emitted >= x.From && l.Emitted < x.To && (x.Share == nil || rng.Float64() < *x.Share) {
			l.InTail, l.InHistory = false, l.InHistory && x.Kept
			lost[n]++
		}
	}
}

// disturbMetrics makes a line of the metrics late, or loses it.
func (p *play) disturbMetrics(l *Line, rng *rand.Rand) {
	if late := p.sc.Log.MetricsLate; late > 0 {
		l.Emitted += time.Duration(rng.Int64N(int64(late)))
	}
	if lose := p.sc.Log.MetricsLose; lose > 0 && rng.Float64() < lose {
		l.InTail, l.InHistory = false, false
	}
}

// lossNotice is the line that reports lost lines. L11 comes in the tail only, not in the history.
func (p *play) lossNotice(x Lose, lost int) Line {
	since := strings.Replace(p.st.Time(x.From).UTC().Format(time.RFC3339), "Z", "+00:00", 1)
	l := Line{Emitted: x.To, Stamp: p.st.Time(x.To - time.Microsecond), Source: "heroku", Proc: "log-shuttle", InTail: true, InHistory: true}
	switch x.Notice {
	case "L11":
		l.Source, l.Proc, l.InHistory = "logplex", "1", false
		l.Text = fmt.Sprintf("Error L11 (Tail buffer overflow) -> This tail session dropped %d messages since %s.", lost, since)
	case "L12":
		l.Text = fmt.Sprintf("Error L12: %d messages dropped since %s.", lost, since)
	case "L13":
		l.Text = fmt.Sprintf("Error L13: %d messages lost since %s.", lost, since)
	}
	return l
}
