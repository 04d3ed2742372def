// What is added to a random roll-out when its story is known: lost or doubled lines,
// crashes, a short log history, each at the worst moment.

package gate_test

import (
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// An aim changes the scenario, depending on its story.
type aim func(d dice, r *rolled)

// prepare plays the story and applies the aims.
func (r *rolled) prepare(d dice) error {
	if err := r.play(); err != nil {
		return err
	}
	for i := 0; i < len(r.aims); i++ { // not range: an aim may add another one
		r.aims[i](d, r)
		r.order()
		if err := r.play(); err != nil {
			return err
		}
	}
	if r.renamed == 0 {
		return nil
	}
	r.Events = append(r.Events, herokusim.Event{At: r.story.Gate + r.renamed, Rename: "renamed"})
	r.order()
	return r.play()
}

const starting = "Starting process"

// isStart reports whether the line is the start of a dyno of the formation.
func (r *rolled) isStart(l herokusim.Line) bool {
	typ, _, _ := strings.Cut(l.Proc, ".")
	_, ok := r.Types[typ]
	return l.Source == "heroku" && strings.HasPrefix(l.Text, starting) && (ok || r.platform() == onFir)
}

// loseLine loses one line without notice, mostly the start of a process: the only loss
// by which the gate counts too few processes.
func loseLine(d dice, r *rolled) {
	kind := starting
	if d.chance(0.2) {
		kind = []string{"Process exited", "Stopping all processes", "State changed"}[d.IntN(3)]
	}
	var all, short, crashed, old []time.Duration
	for _, l := range r.story.Lines {
		if l.Source != "heroku" || !strings.HasPrefix(l.Text, kind) || l.Emitted < r.deploy-400*time.Second {
			continue
		}
		in, ok := r.startedBy(l)
		if kind == starting && !ok {
			continue
		}
		all = append(all, l.Emitted)
		if r.shortLived(in) {
			short = append(short, l.Emitted)
		}
		if r.crashesAt(l.Proc) {
			crashed = append(crashed, l.Emitted)
		}
		if l.Emitted < r.deploy {
			old = append(old, l.Emitted)
		}
	}
	switch {
	case len(all) == 0:
		return
	case len(short) > 0 && d.chance(0.6):
		all = short // the gate would count its end against a start that is in the log
	case len(crashed) > 0 && d.chance(0.5):
		all = crashed
	case len(old) > 0 && d.chance(0.4):
		all = old
	}
	from := all[d.IntN(len(all))]
	r.Log.Lose = append(r.Log.Lose, herokusim.Lose{From: from, To: from + time.Microsecond})
}

// crashesAt reports whether a dyno crashes under the label after the deploy.
func (r *rolled) crashesAt(label string) bool {
	return slices.ContainsFunc(r.story.Lines, func(l herokusim.Line) bool {
		return l.Proc == label && l.Source == "heroku" && strings.HasSuffix(l.Text, " to crashed") && l.Emitted > r.deploy
	})
}

// startedBy is the process of the formation that the line starts, if there are other lines
// about it, too. If a dyno is replaced before it is up, its successor has only a start line.
// Without that line only the list could distinguish the two.
func (r *rolled) startedBy(l herokusim.Line) (herokusim.Instance, bool) {
	if !r.isStart(l) {
		return herokusim.Instance{}, false
	}
	var before herokusim.Instance
	for _, in := range r.story.Instances {
		switch {
		case in.Label != l.Proc:
		case r.story.Time(in.Start).Sub(l.Stamp).Abs() < time.Millisecond:
			booted := before.Up != 0 && before.Up < in.Start || before.Exit != 0 && before.Exit < in.Start
			return in, (booted || before.Label == "") && (in.Up != 0 || in.Term == 0)
		default:
			before = in
		}
	}
	return herokusim.Instance{}, false
}

// shortLived reports whether a new process ends, and has a successor, while an old one
// is hidden behind both.
func (r *rolled) shortLived(in herokusim.Instance) bool {
	if in.Exit == 0 || in.Version <= r.before() {
		return false
	}
	return slices.ContainsFunc(r.story.OldRunning(in.Exit, r.before()+1), func(old herokusim.Instance) bool { return old.Label == in.Label }) &&
		slices.ContainsFunc(r.story.Instances, func(next herokusim.Instance) bool { return next.Label == in.Label && next.Start > in.Start })
}

// doubleLine makes the platform print a line twice, with different stamps.
func doubleLine(d dice, r *rolled) {
	var all []herokusim.Line
	for _, l := range r.story.Lines {
		if l.Source == "heroku" && l.Emitted > r.deploy &&
			(strings.HasPrefix(l.Text, "State changed") || strings.HasPrefix(l.Text, "Stopping all processes")) {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return
	}
	l := all[d.IntN(len(all))]
	r.Events = append(r.Events, herokusim.Event{
		At:  max(0, l.Stamp.Sub(r.story.Start)) + d.between(10*time.Millisecond, 75*time.Millisecond),
		Say: &herokusim.Say{Source: l.Source, Label: l.Proc, Text: l.Text},
	})
}

// quoteOnFir prints a text of several lines, which only Fir's log can have. Its second line
// looks like the platform's line about the end of an old pod.
func quoteOnFir(d dice, r *rolled) {
	old := r.story.OldRunning(r.deploy, r.before()+1)
	if len(old) == 0 {
		return
	}
	in := old[d.IntN(len(old))]
	last := in.Exit
	if last == 0 || last > r.deploy+5*time.Minute {
		last = r.deploy + 5*time.Minute
	}
	at := d.between(max(0, r.deploy-10*time.Second), max(r.deploy, last))
	stamp := r.story.Time(at).UTC().Format("2006-01-02T15:04:05.000000+00:00")
	r.Events = append(r.Events, herokusim.Event{
		At: at, Say: &herokusim.Say{Label: in.Label, Text: "see\n" + stamp + " heroku[" + in.Label + "]: Process exited with status 143"},
	})
}

// crashWhileStopping crashes the listed dyno of a label while a hidden one stops, or just
// before: the exits of the two look the same.
func crashWhileStopping(d dice, r *rolled) {
	var all []herokusim.Instance
	for _, in := range r.story.Instances {
		if r.platform() != onFir && !in.OneOff && in.Term > r.deploy && in.Exit-in.Term > time.Second {
			all = append(all, in)
		}
	}
	if len(all) == 0 {
		return
	}
	in := all[d.IntN(len(all))]
	if d.chance(0.7) { // the last one: then the gate waits for it alone
		in = slices.MaxFunc(all, func(a, b herokusim.Instance) int { return int(a.Exit - b.Exit) })
	}
	at, rest := d.between(in.Term, in.Exit), time.Duration(0)
	if d.chance(0.4) {
		rest = d.between(5*time.Second, 40*time.Second)
	}
	if before := in.Term - d.between(100*time.Millisecond, 12*time.Second); before > r.deploy && d.chance(0.6) {
		at = before
		if d.chance(0.6) {
			r.crashUnseen(d, in.Label, at)
			rest = d.between(15*time.Second, 40*time.Second)
		}
	}
	crash := herokusim.Event{At: at, Crash: &herokusim.Crash{Label: in.Label, Back: &rest}, Timing: d.timings(r, r.App.Preboot)}
	r.limit(crash.Timing)
	r.Events = append(r.Events, crash)
	if r.ListLag == 0 && d.chance(0.4) {
		r.ListLag = d.between(time.Second, 9*time.Second)
	}
	if r.ListLag > 0 {
		// A list and a line that are late at the same time can fool anybody.
		r.Log.Late = nil
	}
}

// restartInPlace ends the container of a pod of the roll-out and starts it again: the log has an
// exit and no start.
func restartInPlace(d dice, r *rolled) {
	r.Events = append(r.Events, herokusim.Event{
		At: r.deploy + d.between(300*time.Millisecond, 40*time.Second), Crash: &herokusim.Crash{Label: "web.1", InPlace: true},
	})
	if _, err := r.Play(); err != nil { // no such pod runs then
		r.Events = r.Events[:len(r.Events)-1]
	}
}

// crashUnseen makes a crash that only the list shows, and late, when the gate has not seen
// yet that the list lags. (With a SIGTERM before the exit nobody could notice the crash.)
func (r *rolled) crashUnseen(d dice, label string, at time.Duration) {
	r.ListLag, r.Log.LoseLines = d.between(3*time.Second, 9*time.Second), 0
	if gate := at - d.between(3*time.Second, 60*time.Second); gate > r.deploy+45*time.Second && !r.awaits() {
		for i := range r.Faults { // a refusal only comes after a good answer
			if f := &r.Faults[i]; f.Status/100 == 4 {
				f.From, f.To = f.From+gate-*r.Gate, f.To+gate-*r.Gate
			}
		}
		r.Gate = &gate
	}
	r.aims = append(r.aims, func(_ dice, r *rolled) {
		for _, l := range r.story.Lines {
			if l.Proc == label && l.Source == "heroku" && l.Emitted >= at && l.Emitted < at+time.Second && strings.HasSuffix(l.Text, " to crashed") {
				r.Log.Lose = append(r.Log.Lose, herokusim.Lose{From: l.Emitted, To: l.Emitted + time.Microsecond})
				return
			}
		}
	})
}

// recent is the release before the deploy, if its old dynos may still run when the
// story begins.
func (r *rolled) recent() (at time.Duration, ok bool) {
	for _, p := range r.Releases {
		if p.Version == 41 && p.At > -time.Hour {
			return p.At, true
		}
	}
	return 0, false
}

// between is a time between the release before the deploy and the deploy. With two old
// generations, it is between them.
func (r *rolled) between(d dice) time.Duration {
	if at, ok := r.recent(); ok {
		return d.between(at, r.deploy)
	}
	return r.deploy + d.between(-60*time.Second, 30*time.Second)
}

// historyBetween makes the log's history begin between two old generations.
func historyBetween(d dice, r *rolled) {
	from, n := r.between(d), 0
	for _, l := range r.story.Lines {
		if l.InHistory && l.Emitted > from && l.Emitted <= r.story.Gate {
			n++
		}
	}
	n = min(n, 1500)
	r.Log.History = &n
}

// gapBetween loses some lines between two old generations, with notice.
func gapBetween(d dice, r *rolled) {
	from := r.between(d)
	r.Log.Lose = append(r.Log.Lose, herokusim.Lose{
		From: from, To: from + d.between(200*time.Millisecond, 30*time.Second), Notice: []string{"L12", "L13"}[d.IntN(2)],
	})
}
