// What the core asks for, in a short form for tests; and what holds for every need.

package rollout_test

import (
	"slices"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// needs are all needs of a core, by their kinds.
type needs struct {
	Ready, Changed, More, Full, Preboot, Builds bool
	LookAt, WakeAt                              time.Duration // 0: no such need
	Guard, Refresh                              time.Duration // how often a look is needed
	Releases                                    int
	Codes                                       []observe.CodeRef
}

func needsOf(r *rollout.Rollout) needs {
	w := needs{Releases: r.ReleasesToAsk()}
	for _, n := range r.Needs() {
		w.Full = w.Full || n.Full
		switch n.Kind {
		case rollout.Opening:
			w.Ready = true
		case rollout.Change, rollout.MoreChange:
			w.Changed, w.More = true, n.Kind == rollout.MoreChange
		case rollout.TimedLook:
			w.LookAt = first(w.LookAt, n.By)
		case rollout.Wake:
			w.WakeAt = first(w.WakeAt, n.By)
		case rollout.Guard:
			w.Guard = n.Every
		case rollout.Refresh:
			w.Refresh = n.Every
		case rollout.AskPreboot:
			w.Preboot = true
		case rollout.AskBuilds:
			w.Builds = true
		case rollout.ReadCode:
			w.Codes = append(w.Codes, n.Code)
		}
	}
	return w
}

// first is the earlier of two moments. 0 is no moment.
func first(a, b time.Duration) time.Duration {
	if a == 0 || b < a {
		return b
	}
	return a
}

// A core that is asked for its needs, picture and verdict comes to the same as one that is not.
func TestAskingChangesNothing(t *testing.T) {
	t.Parallel()
	script := []byte{0, 0, 1, 0, 2, 60, 3, 1, 5, 0, 6, 0, 7, 0, 8, 0, 9, 0, 10, 20, 3, 2, 13, 1, 10, 200, 3, 2}
	quiet, asked := rollout.New(configOf(0)), rollout.New(configOf(0))
	for _, o := range play(script) {
		quiet.Apply(o)
		asked.Apply(o)
		for range 2 {
			asked.Needs()
			asked.Picture()
			asked.Verdict()
		}
	}
	if d := differ(asked.Picture(), quiet.Picture()) + differ(asked.Needs(), quiet.Needs()); d != "" {
		t.Errorf("a core that was asked (-) differs from one that was not (+):\n%s", d)
	}
}

// Every need gives a reason.
func TestEveryNeedSaysWhy(t *testing.T) {
	t.Parallel()
	var kinds []rollout.NeedKind
	for seed := range uint8(60) {
		core := rollout.New(configOf(seed * 4))
		for _, o := range play([]byte{0, 0, 1, 0, 2, 60, 3, seed, 5, 0, 7, 0, 8, 5, 3, seed + 1, 9, 0, 10, seed, 3, 2, 2, 1, 12, 0, 3, 64 + seed}) {
			core.Apply(o)
			for _, n := range core.Needs() {
				if n.Why == "" {
					t.Fatalf("no reason is given for %+v", n)
				}
				if !slices.Contains(kinds, n.Kind) {
					kinds = append(kinds, n.Kind)
				}
			}
		}
	}
	if len(kinds) < 6 {
		t.Errorf("only the kinds %q were needed", kinds)
	}
}
