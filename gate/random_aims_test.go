// What is added to a random roll-out once its story is known: lines that are lost or
// doubled, crashes and ends of the log's history, each at the moment at which it hurts.

package gate_test

import (
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// An aim changes the scenario by what its story tells.
type aim func(d dice, r *rolled)

// prepare works the story out, with all that aims at it.
func (r *rolled) prepare(d dice) error {
	if err := r.play(); err != nil {
		return err
	}
	for _, aim := range r.aims {
		aim(d, r)
		r.order()
		if err := r.play(); err != nil {
			return err
		}
	}
	return nil
}

const starting = "Starting process"

// isStart reports whether the line is the start of a dyno of the formation.
func (r *rolled) isStart(l herokusim.Line) bool {
	typ, _, _ := strings.Cut(l.Proc, ".")
	_, ok := r.Types[typ]
	return l.Source == "heroku" && strings.HasPrefix(l.Text, starting) && (ok || r.platform() == onFir)
}

// loseLine loses one line without notice, mostly the start of a process: the one loss
// that makes books look better than they are.
func loseLine(d dice, r *rolled) {
	kind := starting
	if d.chance(0.25) {
		kind = []string{"Process exited", "Stopping all processes", "State changed"}[d.IntN(3)]
	}
	var at, beside, old []time.Duration
	for _, l := range r.story.Lines {
		if l.Source != "heroku" || !strings.HasPrefix(l.Text, kind) || l.Emitted < r.deploy-400*time.Second ||
			kind == starting && !(r.isStart(l) && r.knowable(l)) {
			continue
		}
		at = append(at, l.Emitted)
		if r.crashesAt(l.Proc) {
			beside = append(beside, l.Emitted)
		}
		if l.Emitted < r.deploy {
			old = append(old, l.Emitted)
		}
	}
	switch {
	case len(at) == 0:
		return
	case len(beside) > 0 && d.chance(0.7):
		at = beside // the other lines of a crash make it even
	case len(old) > 0 && d.chance(0.4):
		at = old
	}
	from := at[d.IntN(len(at))]
	r.Log.Lose = append(r.Log.Lose, herokusim.Lose{From: from, To: from + time.Microsecond})
}

// crashesAt reports whether a dyno crashes under the label after the deploy.
func (r *rolled) crashesAt(label string) bool {
	return slices.ContainsFunc(r.story.Lines, func(l herokusim.Line) bool {
		return l.Proc == label && l.Source == "heroku" && strings.HasSuffix(l.Text, " to crashed") && l.Emitted > r.deploy
	})
}

// knowable reports whether the process that the line starts shows in other lines, too: a
// dyno that is restarted before it is up has no state line of its own.
func (r *rolled) knowable(l herokusim.Line) bool {
	for _, in := range r.story.Instances {
		if in.Label == l.Proc && r.story.Time(in.Start).Sub(l.Stamp).Abs() < time.Millisecond {
			return in.Up != 0
		}
	}
	return false
}

// doubleLine has the platform print a line twice, with a stamp of its own each time.
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
		At:  l.Stamp.Sub(r.story.Start) + d.between(10*time.Millisecond, 75*time.Millisecond),
		Say: &herokusim.Say{Source: l.Source, Label: l.Proc, Text: l.Text},
	})
}

// crashWhileStopping crashes the listed dyno of a label while a hidden one is being
// stopped: the exit of the one looks like that of the other.
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
	at := d.between(in.Term, in.Exit)
	r.Events = append(r.Events, herokusim.Event{At: at, Crash: &herokusim.Crash{Label: in.Label}, Timing: d.timings(r, r.App.Preboot)})
	r.limit(r.Events[len(r.Events)-1].Timing)
	if d.chance(0.5) {
		r.ListLag = d.between(time.Second, 9*time.Second)
	}
	if r.ListLag > 0 {
		// A list and a line that are late at the same time can fool anybody.
		r.Log.Late = nil
	}
}

// recent is the release before the deploy, if that is still in its window when the
// story begins.
func (r *rolled) recent() (at time.Duration, ok bool) {
	for _, p := range r.Releases {
		if p.Version == 41 && p.At > -time.Hour {
			return p.At, true
		}
	}
	return 0, false
}

// between is a time after the release before the deploy, and before the deploy: with
// two old generations, it is between them.
func (r *rolled) between(d dice) time.Duration {
	if at, ok := r.recent(); ok {
		return d.between(at, r.deploy)
	}
	return r.deploy + d.between(-60*time.Second, 30*time.Second)
}

// historyBetween has the log's history begin between two old generations.
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

// gapBetween loses some lines there, with notice.
func gapBetween(d dice, r *rolled) {
	from := r.between(d)
	r.Log.Lose = append(r.Log.Lose, herokusim.Lose{
		From: from, To: from + d.between(200*time.Millisecond, 30*time.Second), Notice: []string{"L12", "L13"}[d.IntN(2)],
	})
}
