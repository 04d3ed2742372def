// Each assumption is confirmed by a run that shows it, refuted by one that shows the contrary, and not seen
// where neither is shown.

package findings

import (
	"fmt"
	"strings"
	"testing"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/observe"
)

// A judged is a run, and what an assumption comes to by it: the outcome and a part of why, or of a line.
type judged struct {
	run  *maker
	want Outcome
	says string
}

// allCases are the cases of each assumption.
func allCases() map[string][]judged {
	gap := func(m *maker) *maker {
		m.run.Gaps = []evidence.Gap{{From: began.Add(280 * sec), To: began.Add(320 * sec), Reason: "lost"}}
		return m
	}
	empty := func() *maker {
		return &maker{run: evidence.Run{Start: began}, records: func(time.Duration) []heroku.Dyno { return nil }, release: func(time.Duration) heroku.Release { return heroku.Release{} }, old: 404}
	}
	change := func(f func(*maker)) *maker { return newMaker().with(f) }
	return map[string][]judged{
		"exit-of-prebooted": {
			{newMaker(), Confirmed, "heroku[web.1]: Process exited"},
			{change(func(m *maker) { m.procs[1].quiet = true }), Refuted, "1 of 2 ends"},
			{change(func(m *maker) {
				m.procs[0].last, m.procs[0].sigterm = 280*sec, 280*sec
				m.says(290*sec, "web.1", "Process exited with status 0")
				m.procs[0].quiet = true
			}), Refuted, "sigterm code=1"},
			{plain(), NotSeen, "no ends of old processes"}, {gap(newMaker()), NotSeen, "no ends of old processes"},
			{change(func(m *maker) { m.procs[0].quiet = true; m.says(200*sec, "web.1", "Process exited with status 1") }), Refuted, "1 of 2"},
			// The log was read until right after the last line: a line of the exit may have been under way.
			{change(func(m *maker) { m.procs[1].quiet = true; m.read = 310 * sec }), Confirmed, "1 of 1"},
		},
		"exit-of-others": {
			{plain(), Confirmed, "2 of 2"}, {plain().with(func(m *maker) { m.procs[0].quiet = true }), Refuted, "1 of 2"}, {newMaker(), NotSeen, "no ends of other"},
		},
		"one-exit-each": {
			{newMaker(), Confirmed, "2 of 2 labels"},
			{change(func(m *maker) {
				for i := range 2 {
					m.says(400*sec+time.Duration(i)*sec, "web.1", "Process exited with status 1")
				}
			}), Refuted, "1 of 2 labels"},
			{change(func(m *maker) { m.says(400*sec, "run.1", "Process exited with status 1") }), Confirmed, ""}, // one-off dynos have no start lines
			{gap(newMaker()), NotSeen, "the log has a gap"}, {empty(), NotSeen, "no labels with an exit"},
		},
		"start-line": {
			{newMaker(), Confirmed, "2 of 2 labels"}, {change(func(m *maker) { m.procs[3].quiet = true }), Refuted, "1 of 2 labels"}, {empty(), NotSeen, "no labels with a process"},
			{gap(change(func(m *maker) { m.procs[3].quiet = true })), NotSeen, "the log has a gap"},
		},
		"killed-after-30s": {
			{plain(), Confirmed, "up to 30.0 s"}, {plain().with(func(m *maker) { m.procs[1].sigterm = 90 * sec }), Refuted, "up to 41.0 s"},
			{change(func(m *maker) { m.procs[0].sigterm, m.procs[1].sigterm = 0, 0 }), NotSeen, "did not end by themselves"},
			{newMaker(), NotSeen, "did not end by themselves"}, {change(func(m *maker) { m.procs[0].sigterm = 200 * sec }), Refuted, "up to 90.0 s"},
			{plain().with(func(m *maker) {
				m.run.Gaps = []evidence.Gap{{From: began.Add(130 * sec), To: began.Add(200 * sec)}}
			}), NotSeen, "one took 30.0 s or more: the log has a gap there"},
		},
		"turn-line": {
			{newMaker(), Confirmed, "State changed from up to starting"}, {change(func(m *maker) { m.noTurn = true }), Refuted, "2 of 2 labels"}, {empty(), NotSeen, "no labels whose running dyno"},
			{change(func(m *maker) { m.release = failed; m.noTurn = true }), NotSeen, "no labels whose running dyno"},
		},
		"no-restarting-with-preboot": {
			{newMaker(), Confirmed, "2 of 2 labels"}, {change(func(m *maker) { m.says(101*sec, "web.2", "Restarting") }), Refuted, "heroku[web.2]: Restarting"},
			{change(func(m *maker) { m.says(50*sec, "web.2", "Restarting") }), Confirmed, ""}, // before the release
			{change(func(m *maker) { m.says(110*sec, "web.2", "Restarting"); m.do(109*sec, "restart web.2", "") }), NotSeen, "was changed"}, {plain(), NotSeen, "by preboot"},
		},
		"no-state-at-hidden-end": {
			{newMaker(), Confirmed, "2 of 2 ends"}, {change(func(m *maker) { m.says(290200*time.Millisecond, "web.1", "State changed from up to down") }), Refuted, "State changed from up to down"},
			{plain(), NotSeen, "no ends of old prebooted"},
		},
		"log-delay": {
			{newMaker(), Confirmed, "up to 0.1 s"}, {change(func(m *maker) { m.late = 15 * sec }), Refuted, "up to 15.1 s"}, {empty(), NotSeen, "no lines about"},
		},
		"one-clock": {
			{newMaker(), Confirmed, "5 of 5 clocks show it, up to 0.1 s"}, {change(func(m *maker) { m.date = -time.Minute }), Refuted, "5 of 5 clocks show the contrary, up to 59.9 s"},
			{change(func(m *maker) { m.date = time.Minute }), Refuted, "5 of 5 clocks show the contrary, up to 60.0 s"}, {empty(), NotSeen, "no clocks"},
			{change(func(m *maker) { m.procs[0].clock = 5 * sec }), Refuted, "1 of 5 clocks show the contrary, up to 4.8 s"},
			{change(func(m *maker) { m.procs[1].clock = -5 * sec }), Refuted, "1 of 5 clocks show the contrary, up to 5.0 s"},
			{change(func(m *maker) { m.late = 1900 * time.Millisecond }), NotSeen, "one took between 1.9 s and 2.0 s"},
		},
		"metrics-id": {
			{change(func(m *maker) { m.metrics["web.1"] = idOf("b", "web.1") }), Confirmed, "19 of 19 lines"}, {change(func(m *maker) { m.metrics["web.1"] = idOf("c", "web.1") }), Refuted, "19 of 19 lines of runtime metrics show the contrary"},
			{change(func(m *maker) {
				m.metrics["web.1"] = idOf("b", "web.1")
				m.says(200*sec, "web.1", "source=web.1 dyno=heroku.1."+idOf("c", "web.1")+" sample#load_avg_1m=0.12")
			}), NotSeen, "and 1 another"},
			{newMaker(), NotSeen, "no lines of runtime metrics"},
		},
		"metrics-come": {
			{change(func(m *maker) { m.metrics["web.1"] = idOf("a", "web.1") }), Confirmed, "up to 20.0 s"},
			{change(func(m *maker) {
				m.metrics["web.1"] = idOf("a", "web.1")
				m.says(500*sec, "web.1", "source=web.1 dyno=heroku.1."+idOf("a", "web.1")+" sample#load_avg_1m=0.12")
			}), Refuted, "up to 120.0 s"},
			{change(func(m *maker) { // a hidden process that reports no longer
				m.metrics["web.1"] = idOf("a", "web.1")
				m.procs[0].last, m.procs[0].sigterm = 520*sec, 520*sec
			}), Refuted, "up to 140.0 s"},
			{newMaker(), NotSeen, "no silences"},
		},
		"prebooted-unlisted": {
			{newMaker(), Confirmed, "web.1 v4 up"},
			{change(func(m *maker) {
				m.records = func(at time.Duration) []heroku.Dyno {
					return []heroku.Dyno{m.record("web.1", at), m.record("web.2", at-30*sec)}
				}
			}), Refuted, "web.2 v3 up"},
			{change(func(m *maker) {
				m.records = func(at time.Duration) []heroku.Dyno {
					return []heroku.Dyno{m.record("web.1", at), m.record("web.2", at-9*sec)}
				}
			}), Confirmed, ""},
			{plain(), NotSeen, "no web dynos that were listed"},
		},
		"record-turns-first": {
			{plain(), Confirmed, "web.1 v4 up"}, {plain().with(func(m *maker) {
				m.records = func(at time.Duration) []heroku.Dyno { return []heroku.Dyno{m.record("web.1", at-50*sec)} }
			}), Refuted, "web.1 v3 up"},
			{plain().with(func(m *maker) { m.procs[0].last, m.procs[1].last = 99*sec, 99*sec }), NotSeen, "for long enough"},
		},
		"one-record": {
			{newMaker(), Confirmed, "400 of 400 records"}, {change(func(m *maker) {
				m.records = func(at time.Duration) []heroku.Dyno {
					return []heroku.Dyno{m.record("web.1", at), m.record("web.1", 0)}
				}
			}), Refuted, "200 of 400 records"},
			{empty().with(func(m *maker) { m.old = -1 }), NotSeen, "no records"},
		},
		"list-delay": {
			{newMaker(), Confirmed, "up to 2.0 s"}, {change(func(m *maker) {
				m.records = func(at time.Duration) []heroku.Dyno { return []heroku.Dyno{m.record("web.1", at-15*sec)} }
			}), Refuted, "up to 14.2 s"},
			{change(func(m *maker) {
				m.records = func(at time.Duration) []heroku.Dyno { return []heroku.Dyno{m.record("web.1", 0)} }
			}), NotSeen, "no new dynos"},
		},
		"release-listed": {
			{newMaker(), Confirmed, "v4 succeeded"}, {change(func(m *maker) {
				now := m.release
				m.release = func(at time.Duration) heroku.Release { return now(at - 20*sec) }
			}), Refuted, "up to 16.4 s"}, {empty(), NotSeen, "no releases that were made"},
			{change(func(m *maker) { m.silent = 130 * sec }), NotSeen, "one took between 0.0 s and 34.9 s"},
		},
		"finished-at-once": {
			{newMaker(), Confirmed, "v4 succeeded"}, {change(func(m *maker) { m.release = status("pending") }), Refuted, "v4 pending"},
			{change(func(m *maker) {
				m.release = func(at time.Duration) heroku.Release {
					return heroku.Release{Version: 4, Status: "succeeded", CreatedAt: began.Add(100 * sec), UpdatedAt: began.Add(109 * sec)}
				}
			}), Refuted, "changed at 16:01:49"},
			{change(func(m *maker) {
				m.release = status("pending")
				m.says(101*sec, "release.1", "Starting process with command `x`")
			}), NotSeen, "no listed releases"}, {empty(), NotSeen, "no listed releases"},
		},
		"failed-phase-harmless": {
			{change(phaseFails), Confirmed, "v4 failed"}, {change(phaseFails).with(func(m *maker) { m.release = status("succeeded") }), Refuted, "v4 succeeded"},
			{change(phaseFails).with(func(m *maker) { m.procs[0].sigterm = 200 * sec }), Refuted, "app[web.1]: alive code=1"}, {newMaker(), NotSeen, "no release phases that failed"},
			{change(phaseFails).with(func(m *maker) { m.procs[0].last, m.procs[0].open = 200*sec, false }), Refuted, "app[web.1]: alive code=1"},
			{change(func(m *maker) { m.says(101*sec, "release.1", "Process exited with status 0") }), NotSeen, "no release phases that failed"},
		},
		"first-kill": {
			{newMaker(), Confirmed, "up to 190.0 s"}, {change(func(m *maker) { m.procs[0].sigterm, m.procs[0].last = 200*sec, 200*sec }), Refuted, "+100.0s from the release"},
			{change(func(m *maker) { m.kill(450 * sec) }), Refuted, "up to 350.0 s"}, {plain(), NotSeen, "no first SIGTERMs"},
			{change(func(m *maker) { m.kill(450 * sec); m.procs[0].sigterm = 0 }), NotSeen, "not every old process printed"},
			{change(func(m *maker) { m.procs[0].sigterm, m.procs[0].last, m.procs[1].sigterm = 200*sec, 200*sec, 0 }), NotSeen, "not every old process"},
			{change(func(m *maker) { m.again(350 * sec) }), Confirmed, "up to 190.0 s"}, // made after the kill
			{change(func(m *maker) { m.again(200 * sec) }), NotSeen, "was replaced meanwhile"}, {newMaker().do(150*sec, "restart web.1", ""), NotSeen, "was changed"},
			{newMaker().do(150*sec, "scale web to 3", "no"), Confirmed, ""},
		},
		"kills-apart": {
			{newMaker(), Confirmed, "up to 11.0 s"}, {change(func(m *maker) { m.procs[1].sigterm, m.procs[1].last = 330*sec, 330*sec }), Refuted, "up to 40.0 s"},
			{change(func(m *maker) { m.procs[1].sigterm = 0 }), NotSeen, "not every old process printed"}, {newMaker().do(150*sec, "deploy", ""), NotSeen, "was changed"},
		},
		"preboot-hold": {
			{newMaker(), Confirmed, "153.0 s after the last line"}, {change(func(m *maker) { m.kill(460 * sec) }), Refuted, "-6.0 s after the last line"}, {plain(), NotSeen, "no holds of gates"},
			{change(func(m *maker) { m.hold = 0 }), NotSeen, "no holds of gates"}, {change(func(m *maker) { m.secondEnds = "passed" }), Confirmed, "from before the deploy"},
			{change(func(m *maker) { m.second, m.secondEnds = 295*sec, "passed" }), Refuted, "the hold of the gate from after the deploy ended +195.0s from the release, -6.0 s after the last line"},
			{change(func(m *maker) { m.second, m.secondEnds = 420*sec, "passed" }), Confirmed, "119.0 s after the last line"},
			{change(func(m *maker) { m.second, m.secondEnds = 295*sec, "failed" }), Confirmed, "153.0 s after the last line"}, // it did not wait for it
		},
		"plain-hold": {
			{plain(), Confirmed, "up to 31.0 s"}, {plain().with(func(m *maker) { m.kill(200 * sec) }), Refuted, "up to 100.0 s"}, {newMaker(), NotSeen, "no old processes without preboot"},
			{plain().with(func(m *maker) { m.kill(200 * sec); m.turnLate() }), Confirmed, "up to 80.0 s"},
			{plain().with(func(m *maker) { m.kill(200 * sec); m.again(150 * sec) }), Refuted, "up to 100.0 s"}, // the record of a restart is not the first
			{plain().with(func(m *maker) {
				m.run.Gaps = []evidence.Gap{{From: began.Add(130 * sec), To: began.Add(300 * sec)}}
			}), NotSeen, "one took 31.0 s or more"},
		},
		"restart-renews": {
			{change(func(m *maker) { m.kill(450 * sec) }).do(240*sec, "restart web.2", ""), Confirmed, "web.2, code 1: SIGTERM"},
			{newMaker().do(105*sec, "restart web.2", ""), NotSeen, "stopped anyway"}, {newMaker().do(150*sec, "restart web.1", ""), Refuted, "139.5s from what"},
			{newMaker().do(150*sec, "restart all", ""), Refuted, "150.5s from what"}, {newMaker(), NotSeen, "no old processes that were hidden when their label"}, {newMaker().do(50*sec, "restart web.1", ""), NotSeen, "no old processes that were hidden when their label"}, {newMaker().do(295*sec, "restart web.1", ""), NotSeen, "no old processes that were hidden when their label"},
			{plain().do(105*sec, "restart web.1", ""), NotSeen, "no old processes that were hidden when their label"},
		},
		"deploy-renews": {
			{change(func(m *maker) { m.kill(450 * sec); m.third(240 * sec) }), Confirmed, "code 1"}, {change(func(m *maker) { m.third(110 * sec) }), NotSeen, "stopped anyway"}, {change(func(m *maker) { m.third(160 * sec) }), Refuted, "130.0s from what"}, {newMaker(), NotSeen, "no old processes that were hidden when there was a second"},
		},
		"crash-kills": {
			{change(allCrash), Confirmed, "web.2 v4 crashed"}, {change(allCrash).with(func(m *maker) { m.procs[0].last, m.procs[0].sigterm, m.procs[0].open = 600*sec, 0, true }), Refuted, "app[web.1]: alive code=1"},
			{newMaker(), NotSeen, "of which all crash"}, {change(allCrash).with(oneUp), NotSeen, "of which all crash"}, {change(allCrash).with(func(m *maker) { m.procs[0].sigterm = 0 }), NotSeen, "was not seen"},
		},
		"scaling-refused": {
			{newMaker().do(150*sec, "scale web to 3", "422"), Confirmed, "scale web to 3: 422"},
			{newMaker().do(150*sec, "scale web to 3", "scaling the app x: Heroku answered 503: Service Unavailable"), NotSeen, "no scalings"},
			{newMaker().do(150*sec, "scale web to 3", "scaling the app x: Heroku answered 429: Slow down"), NotSeen, "no scalings"}, {newMaker().do(150*sec, "scale web to 3", ""), Refuted, "scale web to 3"},
			{newMaker().do(350*sec, "scale web to 3", ""), NotSeen, "no scalings"}, {newMaker().do(50*sec, "scale web to 3", ""), NotSeen, "no scalings"},
		},
		"old-id-gone": {
			{newMaker(), Confirmed, "404: web.1 of before the release"}, {change(func(m *maker) { m.old = 200 }), Refuted, "GET /apps/app/dynos/aaaaaaaa-0000-4000-8000-000000000001 200"}, {plain().with(func(m *maker) { m.old = 200 }), NotSeen, "no answers for an old prebooted"},
		},
		"preboot-answer": {
			{newMaker(), Confirmed, "known: true, on: true"}, {change(func(m *maker) { m.observed = []observe.Observation{{Preboot: &observe.Preboot{Known: true}}} }), Refuted, "known: true, on: false"},
			{change(func(m *maker) { m.observed = []observe.Observation{{Preboot: &observe.Preboot{}}} }), Refuted, "known: false"}, {change(func(m *maker) { m.observed = []observe.Observation{{}} }), NotSeen, "no answers about preboot"},
		},
		"read-scope": {
			{change(func(m *maker) { m.run.ReadKey = true }), Confirmed, "the log flows"}, {newMaker(), NotSeen, "HEROKU_READ_KEY"},
			{change(func(m *maker) {
				m.run.ReadKey = true
				m.observed = []observe.Observation{{Log: &observe.LogStatus{State: observe.Refused, Reason: "403"}}}
			}), Refuted, "403"},
			{change(func(m *maker) {
				m.run.ReadKey = true
				m.observed = []observe.Observation{{Trouble: &observe.Trouble{Kind: observe.Forbidden, Message: "no"}}}
			}), Refuted, "at 0s: no"},
			{change(func(m *maker) { m.run.ReadKey = true; m.observed = []observe.Observation{{}} }), NotSeen, "no logs that a gate"},
		},
		"answers-fit": {
			{newMaker(), Confirmed, "answers"}, {change(func(m *maker) {
				m.observed = []observe.Observation{{Trouble: &observe.Trouble{Kind: observe.Unreachable, Message: "503"}}}
			}), Refuted, "503"},
			{change(func(m *maker) { m.noGates = true }), NotSeen, "no answers to the gates"},
		},
	}
}

func TestAssumptions(t *testing.T) {
	t.Parallel()
	all := allCases()
	for _, a := range Assumptions {
		seen := map[Outcome]bool{}
		for i, c := range all[a.Name] {
			t.Run(fmt.Sprintf("%s %d %s", a.Name, i+1, c.want), func(t *testing.T) {
				run := c.run.make(t)
				if c.run.old < 0 {
					run.Requests = nil
				}
				var seen cases
				a.judge(newView(run), &seen)
				f := seen.finding(a.of)
				if f.Outcome != c.want || !strings.Contains(f.Why+"\n"+strings.Join(f.Lines, "\n"), c.says) {
					t.Errorf("it is %s: %s %q; want %s with %q", f.Outcome, f.Why, f.Lines, c.want, c.says)
				}
			})
			seen[c.want] = true
		}
		if len(seen) < 3 {
			t.Errorf("%s has no case of each outcome", a.Name)
		}
		if a.Says == "" || a.Source == "" || !strings.HasSuffix(a.Says, ".") {
			t.Errorf("%s says %q, from %q", a.Name, a.Says, a.Source)
		}
		delete(all, a.Name)
	}
	for name := range all {
		t.Errorf("there is no assumption %s", name)
	}
}
