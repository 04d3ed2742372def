// Plans, each played whole against the simulated Heroku in virtual time.

package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/herokusim"
)

// A play is one plan, and what it is played with.
type play struct {
	plan    *Plan
	account *herokusim.Account
	world   *world
	out     bytes.Buffer
	results string
	e       *experiment
}

// prepare makes a play; options change the simulated account. It is called in a synctest bubble.
func prepare(t *testing.T, p *Plan, options ...func(*herokusim.AccountOptions)) *play {
	t.Helper()
	o := simulatedOptions(p, 1)
	for _, f := range options {
		f(&o)
	}
	account, err := herokusim.NewAccount(o)
	if err != nil {
		t.Fatal(err)
	}
	account.Begin()
	pl := &play{plan: p, account: account, results: t.TempDir(), world: worldOf(account, 1)}
	pl.e = newExperiment(p, pl.world, &pl.out, pl.results)
	return pl
}

// named is an embedded plan.
func named(t *testing.T, name string) *Plan {
	t.Helper()
	p, err := loadPlan(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlay(t *testing.T) {
	t.Parallel()
	assumed := outcomes{confirmed: map[string]bool{}}
	t.Cleanup(func() { assumed.all(t) })
	for name, want := range map[string][2]string{ // the end of the gate from before the deploy, and of that from after it
		"measured-deploy":     {"rolled-out proven", "rolled-out presumed"},
		"plain-restart":       {"rolled-out proven", "rolled-out proven"},
		"busy-app":            {"rolled-out proven", "rolled-out presumed"},
		"restart-in-window":   {"rolled-out proven", "rolled-out proven"},
		"scaling-in-window":   {"rolled-out proven", "rolled-out proven"},
		"two-deploys":         {"rolled-out proven", "rolled-out proven"},
		"new-code-crashes":    {"dynos-crashed ", "dynos-crashed "},
		"release-phase-fails": {"release-failed ", "release-failed "},
		"worker-beside-web":   {"rolled-out proven", "rolled-out presumed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && name != "two-deploys" && name != "restart-in-window" {
				t.Skip("takes long with the race detector")
			}
			synctest.Test(t, func(t *testing.T) {
				pl := prepare(t, named(t, name))
				run, err := pl.e.play(t.Context())
				if err != nil || run.Failed != "" {
					t.Fatalf("%v\n%s", err, pl.out.String())
				}
				checkTruth(t, pl, run)
				checkGates(t, run, want)
				checkGone(t, pl)
				checkResults(t, pl, run)
				assumed.check(t, run)
				if took := pl.e.clock.At(); took > longest-8*time.Minute {
					t.Errorf("it took %s, and real builds take longer", took)
				}
				if t.Failed() {
					t.Log(pl.out.String())
				}
			})
		})
	}
}

// checkTruth holds the truth from the app's lines against the simulator's own.
func checkTruth(t *testing.T, pl *play, run *evidence.Run) {
	t.Helper()
	app := pl.account.Apps()[0]
	printed := map[string]evidence.Process{}
	for _, p := range run.Processes {
		printed[p.ID] = p
	}
	ran := 0
	for _, in := range app.Story.Instances {
		if in.OneOff || in.Process == "" {
			continue
		}
		p, ok := printed[in.Process]
		delete(printed, in.Process)
		start, exit := app.Story.Time(in.Start), app.Story.Time(in.Exit)
		end := app.Story.Time(pl.e.clock.At())
		if ended := in.Exit != 0 && exit.Before(end.Add(-calm)); !ok {
			t.Errorf("%s of v%d, from %s to %s, printed nothing", in.Label, in.Version, start, exit)
		} else if ended && (p.Open || exit.Sub(p.Last) < 0 || exit.Sub(p.Last) > evidence.Every) {
			t.Errorf("%s of v%d ended at %s, and printed until %s: %+v", in.Label, in.Version, exit, p.Last, p)
		}
		if since := p.First.Sub(start); since < 0 || since > evidence.Every || p.Code != in.Code || p.Dyno != in.Label || p.Missing != 0 {
			t.Errorf("%s of code %d began at %s, and printed %+v", in.Label, in.Code, start, p)
		}
		ran++
	}
	if len(printed) > 0 || ran < 3 {
		t.Errorf("%d processes ran; these printed and never ran: %v", ran, printed)
	}
	if len(run.Gaps) > 0 {
		t.Errorf("the log had gaps: %v", run.Gaps)
	}
}

// checkGates holds the gates against what is wanted, and against the truth.
func checkGates(t *testing.T, run *evidence.Run, want [2]string) {
	t.Helper()
	got := map[string]string{}
	for _, g := range run.Gates {
		got[g.Name] = string(g.Reason) + " " + string(g.Basis)
		start, _ := run.Clock()
		after := start.Add(g.Ended).Sub(run.LastOld(g).Last)
		if g.Result == "passed" && (after < 0 || g.Basis == "proven" && after > 4*time.Second) {
			t.Errorf("the gate from %s the deploy opened %s after old code", g.Name, after)
		}
		if !bytes.Contains(g.Recording, []byte("rolloutGateRecording")) || g.Began >= g.Ended {
			t.Errorf("the gate from %s the deploy: from %s to %s, recording %.60s", g.Name, g.Began, g.Ended, g.Recording)
		}
	}
	if got["before"] != want[0] || got["after"] != want[1] {
		t.Errorf("the gates ended with %q, want %q", got, want)
	}
}

// checkGone: nothing is left on the simulated Heroku.
func checkGone(t *testing.T, pl *play) {
	t.Helper()
	for _, app := range pl.account.Apps() {
		if app.Deleted == 0 {
			t.Errorf("the app %s was not deleted", app.Name)
		}
	}
}
