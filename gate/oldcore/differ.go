// How the two cores differ: picture, needs and verdict.

package oldcore

import (
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

type both struct {
	Ready, Changed, More, Full, Preboot, Builds bool
	LookAt, WakeAt                              time.Duration
	Guard, Refresh                              time.Duration
	Releases                                    int
	Codes                                       []observe.CodeRef
}

func newWants(r *rollout.Rollout) both {
	w := both{Releases: r.ReleasesToAsk()}
	first := func(a, b time.Duration) time.Duration {
		if a == 0 || b < a {
			return b
		}
		return a
	}
	for _, n := range r.Needs() {
		w.Full = w.Full || n.Full
		switch n.Kind {
		case rollout.Opening:
			w.Ready = true
		case rollout.Change, rollout.MoreChange:
			w.Changed, w.More = true, n.Kind == rollout.MoreChange
		case rollout.Doubt:
			w.LookAt = first(w.LookAt, n.By)
		case rollout.Wake:
			w.WakeAt = first(w.WakeAt, n.By)
		case rollout.Guard:
			w.Guard = n.Every
		case rollout.Refresh:
			w.Refresh = n.Every
		case rollout.AskPreboot, rollout.AgainPreboot:
			w.Preboot = true
		case rollout.AskBuilds:
			w.Builds = true
		case rollout.ReadCode:
			w.Codes = append(w.Codes, n.Code)
		}
	}
	return w
}

func oldWants(w Wants) both {
	b := both{Ready: w.Ready, Changed: w.Changed, More: w.More, Full: w.Full, Preboot: w.Preboot, Builds: w.Builds,
		LookAt: w.LookAt, WakeAt: w.WakeAt, Releases: w.Releases, Codes: w.Codes, Refresh: time.Minute}
	switch {
	case w.Quiet && w.Awaited:
		b.Guard = 50 * time.Second
	case w.Quiet:
		b.Guard = 75 * time.Second
	case w.Told:
		b.Guard = 20 * time.Second
	}
	if w.Flowing {
		b.Refresh = 150 * time.Second
	}
	return b
}

// Differ says how the two cores differ; empty if they do not.
func Differ(fresh *rollout.Rollout, old *Rollout) string {
	v, done := fresh.Verdict()
	ov, odone := old.Verdict()
	if v != ov || done != odone {
		return cmp.Diff(v, ov)
	}
	if p, op := fresh.Picture(), old.Picture(); !reflect.DeepEqual(p, op) {
		if d := cmp.Diff(p, op); d != "" {
			return d
		}
	}
	if done {
		return ""
	}
	if w, ow := newWants(fresh), oldWants(old.Wants()); !reflect.DeepEqual(w, ow) {
		return cmp.Diff(w, ow)
	}
	return ""
}
