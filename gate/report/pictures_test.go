// The pictures of the runs in the golden files.

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

var t0 = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func at(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }

// secret is masked in every golden run, and must not appear in any golden file.
const secret = "HRKU-s3cr3t/key+with=all&<signs>"

// story is a run: its pictures in order, and its ending.
type story struct {
	pictures []rollout.Picture
	excerpt  []string
	ending   Ending
}

// measured is the deploy that the project starts from, at one picture for each
// change: 10 web dynos with preboot, the last old one gone after 5m08s.
func measured() story {
	const n = 10
	up := []float64{5, 5.5, 5.9, 6.2, 6.6, 7, 7.3, 7.6, 7.8, 8}
	p := rollout.Picture{
		App:     observe.App{ID: "01234567-89ab-cdef-0123-456789abcdef", Name: "my-app"},
		Preboot: true,
		Target: &observe.Release{ID: "aaaaaaaa-0000-0000-0000-000000000042", Version: 42, Status: "pending",
			Description: "Deploy 1f2e3d4c", CreatedAt: t0},
		Commit:  "1f2e3d4c5b6a79880716253443526170deadbeef",
		Types:   []rollout.TypePicture{{Type: "web", Wanted: n, OldListed: n}},
		Waiting: "the release phase of v42 to end",
		Times:   rollout.Times{ReleaseCreated: t0},
		Moments: []rollout.Moment{{Time: t0, What: "release v42 created", Source: rollout.FromAPI}},
		Log:     observe.Flowing, LogSince: at(-60),
		Old: rollout.Seen, OldRemaining: n, NewWanted: n, Timeout: 20 * time.Minute,
	}
	for i := range n {
		p.Dynos = append(p.Dynos, rollout.DynoPicture{Label: fmt.Sprintf("web.%d", i+1), Type: "web", Version: 41, State: "up", Old: true})
	}
	var s story
	show := func(sec float64) {
		p.At = time.Duration(sec * float64(time.Second))
		p.PlatformNow = at(sec)
		c := p
		c.Types = append([]rollout.TypePicture(nil), p.Types...)
		c.Dynos = append([]rollout.DynoPicture(nil), p.Dynos...)
		s.pictures = append(s.pictures, c)
	}
	moment := func(sec float64, what string, from rollout.Source) {
		p.Moments = append(p.Moments, rollout.Moment{Time: at(sec), What: what, Source: from})
	}
	web := &p.Types[0]
	show(0)
	t := *p.Target
	t.Status, t.UpdatedAt = "succeeded", at(0.4)
	p.Target = &t
	p.Times.ReleaseFinished = at(0.4)
	p.Waiting = "10 old web dynos to end, 10 new web dynos to be up"
	moment(0.4, "Heroku calls the release finished", rollout.FromAPI)
	web.OldListed, web.OldHidden, web.Starting, p.Old = 0, n, n, rollout.NotKnown
	p.HoldUntil = 458 * time.Second
	web.HoldUntil, web.HoldReason = p.HoldUntil, rollout.ExitDue
	show(1.2)
	for i, sec := range up {
		web.Up, web.Starting, p.NewUp = i+1, n-i-1, i+1
		d := &p.Dynos[i]
		*d = rollout.DynoPicture{Label: d.Label, Type: "web", Version: 42, State: "up", Hidden: 1, UpAt: at(sec)}
		if i == n-1 {
			p.Waiting = "10 old web dynos to end"
			p.Times.AllNewUp = at(sec)
			moment(sec, "all 10 new dynos up", rollout.FromAPI)
		} else if i == 0 {
			p.Times.FirstNewUp = at(sec)
			moment(sec, "first new dyno up", rollout.FromAPI)
		}
		show(sec)
	}
	for sec := 20.0; sec < 190; sec += 10 {
		show(sec)
	}
	for i := range n {
		sec := 191 + 13*float64(i)
		web.OldHidden, p.OldRemaining = n-i-1, n-i-1
		p.Waiting = count(n-i-1, "old dyno") + " to end"
		p.Dynos[i].Hidden, p.Dynos[i].GoneAt, p.Dynos[i].Basis = 0, at(sec), rollout.Proven
		if i == 0 {
			p.Times.FirstOldStopped = at(sec)
		}
		p.Times.OldLastSeen = at(sec)
		if i == n-1 {
			p.Waiting, p.HoldUntil = "", 0
			web.HoldUntil, web.HoldReason, web.Basis = 0, "", rollout.Proven
			p.Times.OldGone, p.Old = at(sec), rollout.ByProof
		}
		moment(sec, fmt.Sprintf("old web.%d gone", i+1), rollout.FromLog)
		show(sec)
	}
	s.ending = Ending{
		Picture: s.pictures[len(s.pictures)-1],
		Verdict: rollout.Verdict{Result: rollout.Passed, Reason: rollout.RolledOut, Basis: rollout.Proven,
			Message: "v42 of my-app is rolled out: 10 of 10 new dynos are up and all 10 old ones were seen to end"},
		Waited: 308 * time.Second, Requests: 28, BudgetRemaining: 4472, BudgetLowest: 4465,
	}
	return s
}

// presumed is the same deploy with a log that broke, and a hold that ran out.
func presumed() story {
	m := measured()
	p := m.pictures[11]
	p.At, p.PlatformNow = 60*time.Second, at(60)
	p.Log, p.LogSince, p.LogReason = observe.Gapped, time.Time{}, "Heroku dropped lines (L11)"
	p.Gaps = []rollout.Gap{{At: 58 * time.Second, Reason: "Heroku dropped lines (L11)"}}
	p.Types = slices.Clone(p.Types)
	p.Types[0].HoldReason = "the log's history does not reach back far enough"
	p.Notices = []string{"the log lost lines, so old dynos are presumed to run until 7m38s"}
	p.OneOff = []observe.Dyno{{Name: "run.1234", Type: "run", State: "up", Version: 41}, {Name: "scheduler.77", Type: "scheduler", State: "up", Version: 42}}
	held := p
	held.At, held.PlatformNow = 75*time.Second, at(75)
	end := p
	end.At, end.PlatformNow = 458*time.Second, at(458)
	end.Types = []rollout.TypePicture{{Type: "web", Wanted: 10, Up: 10, Basis: rollout.Presumed, HoldReason: "the log lost lines"}}
	end.OldRemaining, end.Waiting, end.HoldUntil = 0, "", 0
	end.Times.OldGone, end.Old = at(458), rollout.ByLimit
	end.Moments = append(append([]rollout.Moment(nil), end.Moments...),
		rollout.Moment{Time: at(458), What: "old dynos presumed gone: no preboot lasts longer", Source: rollout.FromLimit})
	end.Dynos = nil
	return story{
		pictures: []rollout.Picture{p, held, end},
		ending: Ending{Picture: end, Waited: 458 * time.Second, Requests: 60, BudgetRemaining: -1, BudgetLowest: -1,
			Verdict: rollout.Verdict{Result: rollout.Passed, Reason: rollout.RolledOut, Basis: rollout.Presumed,
				Message: "v42 of my-app is rolled out; old dynos are presumed gone since the longest time they can run is over"}},
	}
}

func timedOut() story {
	m := measured()
	p := m.pictures[len(m.pictures)-4]
	p.At, p.PlatformNow, p.Timeout = 300*time.Second, at(300), 300*time.Second
	return story{
		pictures: []rollout.Picture{p},
		ending: Ending{Picture: p, Waited: 300 * time.Second, Requests: 27, BudgetRemaining: 90, BudgetLowest: 90,
			Verdict: rollout.Verdict{Result: rollout.TimedOut, Reason: rollout.OldDynosRemain,
				Message: "still waiting after 5m00s for 3 old web dynos to end: the dyno list shows no old dyno any more, but nothing proves yet that all have ended, and one can run until 7m38s of the wait, so raise the input \"timeout\" above that"}},
	}
}

func releaseFailed() story {
	p := measured().pictures[0]
	t := *p.Target
	t.Status, t.UpdatedAt = "failed", at(11)
	p.Target = &t
	p.At, p.PlatformNow = 12*time.Second, at(12)
	p.Waiting = ""
	return story{
		pictures: []rollout.Picture{measured().pictures[0], p},
		excerpt:  []string{"rake aborted!", "PG::ConnectionBad: could not connect"},
		ending: Ending{Picture: p, Waited: 12 * time.Second, Requests: 4, BudgetRemaining: 4490, BudgetLowest: 4490,
			Verdict: rollout.Verdict{Result: rollout.Failed, Reason: rollout.ReleaseFailed,
				Message: "the release phase of v42 failed; the old release runs on"}},
	}
}

func cancelled() story {
	return story{ending: Ending{Waited: 400 * time.Millisecond, Requests: -1, BudgetRemaining: -1, BudgetLowest: -1,
		Verdict: rollout.Verdict{Result: rollout.Cancelled, Reason: rollout.Interrupted, Message: "the wait was interrupted"}}}
}

// evil begins every text of the hostile story.
const evil = "  ::error::x\r\n::set-output name=result::passed\n##[error]y\x00\x1b[31mred\x1b]0;t\a\u202e\u200b\u2028" +
	"|`*_#1 @octocat <script> [a](http://e.example) www.e.example $x$ :tada: ~~s~~ --> &lt; \"q\" _GitHubActionsFileCommandDelimeter_ " + secret

// hostile is a run in which every text from outside begins with evil.
func hostile() story {
	e := evil
	many := strings.Repeat(evil, 5000) // about 1 MB
	r := observe.Release{ID: e, Version: 42, Status: e, SlugID: e, Description: many, CreatedAt: t0}
	p := rollout.Picture{
		At: 65 * time.Second, PlatformNow: at(65),
		App:    observe.App{ID: e, Name: e, Space: e, Generation: e},
		Target: &r, Commit: e, SupersededBy: 43, Old: rollout.Knowledge(e),
		Types:  []rollout.TypePicture{{Type: e, Wanted: 1, OldHidden: 1, Basis: rollout.Basis(e), HoldReason: e, HoldUntil: time.Hour}},
		Dynos:  []rollout.DynoPicture{{Label: e, Type: e, State: e, Basis: rollout.Basis(e)}},
		OneOff: []observe.Dyno{{ID: e, Name: e, Type: e, Size: e, State: e}},
		Times:  rollout.Times{ReleaseCreated: t0},
		Log:    observe.LogState(e), LogReason: e, Gaps: []rollout.Gap{{Reason: e}},
		Waiting: e, OldRemaining: 1, NewWanted: 1,
		Moments: []rollout.Moment{{Time: t0, What: e, Source: rollout.Source(e)}},
		Notices: []string{e},
	}
	return story{
		pictures: []rollout.Picture{p},
		excerpt:  []string{e, "```", "````", "::endgroup::", many},
		ending: Ending{Picture: p, Waited: 65 * time.Second, Requests: 1, BudgetRemaining: 1, BudgetLowest: 0,
			Verdict: rollout.Verdict{Result: rollout.TimedOut, Reason: rollout.OldDynosRemain, Message: many}},
	}
}
