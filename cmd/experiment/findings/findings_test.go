// Each assumption is confirmed by a run that shows it, refuted by one that shows the contrary, and not seen
// where neither is shown.

package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
		return &maker{run: evidence.Run{Start: began}, records: func(time.Duration) []dyno { return nil }, release: func(time.Duration) release { return release{} }, old: 404}
	}
	change := func(f func(*maker)) *maker { return newMaker().with(f) }
	return map[string][]judged{
		"exit-of-prebooted": {
			{newMaker(), Confirmed, "heroku[web.1]: Process exited"},
			{change(func(m *maker) { m.procs[1].quiet = true }), Refuted, "1 of 2 ended without one"},
			{change(func(m *maker) {
				m.procs[0].last, m.procs[0].sigterm = 280*sec, 280*sec
				m.says(290*sec, "web.1", "Process exited with status 0")
				m.procs[0].quiet = true
			}), Refuted, "sigterm code=1"},
			{plain(), NotSeen, "no such process ended"}, {gap(newMaker()), NotSeen, "no such process ended"},
			{change(func(m *maker) { m.procs[0].quiet = true; m.says(200*sec, "web.1", "Process exited with status 1") }), Refuted, "1 of 2"},
			// The log was read until right after the last line: a line of the exit may have been under way.
			{change(func(m *maker) { m.procs[1].quiet = true; m.read = 310 * sec }), Confirmed, "1 of 1"},
		},
		"exit-of-others": {
			{plain(), Confirmed, "2 of 2"}, {plain().with(func(m *maker) { m.procs[0].quiet = true }), Refuted, "1 of 2"}, {newMaker(), NotSeen, "no such process"},
		},
		"one-exit-each": {
			{newMaker(), Confirmed, "2 exits"},
			{change(func(m *maker) {
				for i := range 2 {
					m.says(400*sec+time.Duration(i)*sec, "web.1", "Process exited with status 1")
				}
			}), Refuted, "web.1 has 3 exits and 2 starts"},
			{change(func(m *maker) { m.says(400*sec, "run.1", "Process exited with status 1") }), Confirmed, ""}, // one-off dynos have no start lines
			{gap(newMaker()), NotSeen, "the log has a gap"}, {empty(), NotSeen, "there were no exits"},
		},
		"start-line": {
			{newMaker(), Confirmed, "4 processes"}, {change(func(m *maker) { m.procs[3].quiet = true }), Refuted, "web.2 has 2 processes and 1 starts"}, {empty(), NotSeen, "there were no processes"},
			{gap(change(func(m *maker) { m.procs[3].quiet = true })), NotSeen, "the log has a gap"},
		},
		"killed-after-30s": {
			{plain(), Confirmed, "is 30.0 s later than its SIGTERM"}, {plain().with(func(m *maker) { m.procs[1].sigterm = 90 * sec }), Refuted, "41.0 s later than its SIGTERM"},
			{change(func(m *maker) { m.procs[0].sigterm, m.procs[1].sigterm = 0, 0 }), NotSeen, "no process printed that it got SIGTERM"},
			{newMaker(), NotSeen, "each ended by itself"}, {change(func(m *maker) { m.procs[0].sigterm = 200 * sec }), Refuted, "90.0 s later than its SIGTERM"},
			{plain().with(func(m *maker) {
				m.run.Gaps = []evidence.Gap{{From: began.Add(130 * sec), To: began.Add(200 * sec)}}
			}), NotSeen, "each ended by itself"},
		},
		"turn-line": {
			{newMaker(), Confirmed, "State changed from up to starting"}, {change(func(m *maker) { m.noTurn = true }), Refuted, "2 of 2 labels"}, {empty(), NotSeen, "no running dyno"},
			{change(func(m *maker) { m.release = failed; m.noTurn = true }), NotSeen, "no running dyno"},
		},
		"no-restarting-with-preboot": {
			{newMaker(), Confirmed, "none in the 30s"}, {change(func(m *maker) { m.says(101*sec, "web.2", "Restarting") }), Refuted, "heroku[web.2]: Restarting"},
			{change(func(m *maker) { m.says(50*sec, "web.2", "Restarting") }), Confirmed, ""}, // before the release
			{change(func(m *maker) { m.says(110*sec, "web.2", "Restarting"); m.do(109*sec, "restart web.2", "") }), Confirmed, ""}, {plain(), NotSeen, "by preboot"},
		},
		"no-state-at-hidden-end": {
			{newMaker(), Confirmed, "2 of 2 ends"}, {change(func(m *maker) { m.says(290200*time.Millisecond, "web.1", "State changed from up to down") }), Refuted, "State changed from up to down"},
			{plain(), NotSeen, "no old prebooted process"},
		},
		"log-delay": {
			{newMaker(), Confirmed, "longest delay was"}, {change(func(m *maker) { m.late = 15 * sec }), Refuted, "s or more"}, {empty(), NotSeen, "no line of a process came"},
		},
		"one-clock": {
			{newMaker(), Confirmed, "after its stamp"}, {change(func(m *maker) { m.date = -time.Minute }), Refuted, "the clock of the log is 59.9 s ahead"},
			{change(func(m *maker) { m.date = time.Minute }), Refuted, "the clock of the log is 60.1 s behind"}, {empty(), NotSeen, "no lines"},
			{change(func(m *maker) { m.procs[0].clock = 5 * sec }), Refuted, "the clock of web.1 is 4.9 s ahead"},
			{change(func(m *maker) { m.procs[1].clock = -5 * sec }), Refuted, "the clock of web.2 is 5.1 s behind"},
			{change(func(m *maker) { m.late = 1900 * time.Millisecond }), NotSeen, "give or take"},
		},
		"metrics-id": {
			{change(func(m *maker) { m.metrics["web.1"] = idOf("b", "web.1") }), Confirmed, "lines have one"}, {change(func(m *maker) { m.metrics["web.1"] = idOf("c", "web.1") }), Refuted, "no list has shown"},
			{change(func(m *maker) {
				m.metrics["web.1"] = idOf("b", "web.1")
				m.says(200*sec, "web.1", "source=web.1 dyno=heroku.1."+idOf("c", "web.1")+" sample#load_avg_1m=0.12")
			}), NotSeen, "and 1 another"},
			{newMaker(), NotSeen, "no line of runtime metrics"},
		},
		"metrics-come": {
			{change(func(m *maker) { m.metrics["web.1"] = idOf("a", "web.1") }), Confirmed, "silence is 20.0 s"},
			{change(func(m *maker) {
				m.metrics["web.1"] = idOf("a", "web.1")
				m.says(500*sec, "web.1", "source=web.1 dyno=heroku.1."+idOf("a", "web.1")+" sample#load_avg_1m=0.12")
			}), Refuted, "silence is 120.0 s"},
			{change(func(m *maker) { // a hidden process that reports no longer
				m.metrics["web.1"] = idOf("a", "web.1")
				m.procs[0].last, m.procs[0].sigterm = 520*sec, 520*sec
			}), Refuted, "140 s before"},
			{newMaker(), NotSeen, "no process reported twice"},
		},
		"prebooted-unlisted": {
			{newMaker(), Confirmed, "web.1 v4 up, web.2 v4 up"},
			{change(func(m *maker) {
				m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at), m.record("web.2", at-30*sec)} }
			}), Refuted, "web.2 v3 up"},
			{change(func(m *maker) {
				m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at), m.record("web.2", at-9*sec)} }
			}), Confirmed, ""},
			{plain(), NotSeen, "no old process was kept"},
		},
		"record-turns-first": {
			{plain(), Confirmed, "web.1 v4 starting"}, {plain().with(func(m *maker) {
				m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at-50*sec)} }
			}), Refuted, "web.1 v3 up"},
			{plain().with(func(m *maker) { m.procs[0].last, m.procs[1].last = 99*sec, 99*sec }), NotSeen, "for long enough"},
		},
		"one-record": {
			{newMaker(), Confirmed, "200 lists"}, {change(func(m *maker) {
				m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at), m.record("web.1", 0)} }
			}), Refuted, "web.1 has two"},
			{empty().with(func(m *maker) { m.old = -1 }), NotSeen, "was not read"},
		},
		"list-delay": {
			{newMaker(), Confirmed, "s at most"}, {change(func(m *maker) {
				m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", at-15*sec)} }
			}), Refuted, "s or more"},
			{change(func(m *maker) { m.records = func(at time.Duration) []dyno { return []dyno{m.record("web.1", 0)} } }), NotSeen, "no new dyno"},
		},
		"release-listed": {
			{newMaker(), Confirmed, "v4 succeeded"}, {change(func(m *maker) {
				now := m.release
				m.release = func(at time.Duration) release { return now(at - 20*sec) }
			}), Refuted, "no v4"}, {empty(), NotSeen, "no list of releases"},
			{change(func(m *maker) { m.silent = 130 * sec }), NotSeen, "the first list that has it"},
		},
		"finished-at-once": {
			{newMaker(), Confirmed, "v4 succeeded"}, {change(func(m *maker) { m.release = status("pending") }), Refuted, "v4 was pending"},
			{change(func(m *maker) {
				m.release = func(at time.Duration) release {
					return release{Version: 4, Status: "succeeded", CreatedAt: began.Add(100 * sec), UpdatedAt: began.Add(109 * sec)}
				}
			}), Refuted, "finished 9s after"},
			{change(func(m *maker) {
				m.release = status("pending")
				m.says(101*sec, "release.1", "Starting process with command `x`")
			}), NotSeen, "have a release phase"}, {empty(), NotSeen, "no release was listed"},
		},
		"failed-phase-harmless": {
			{change(phaseFails), Confirmed, "v4 failed"}, {change(phaseFails).with(func(m *maker) { m.release = status("succeeded") }), Refuted, "never called failed"},
			{change(phaseFails).with(func(m *maker) { m.procs[0].sigterm = 200 * sec }), Refuted, "a process of web.1 was stopped"}, {newMaker(), NotSeen, "no release phase"},
			{change(phaseFails).with(func(m *maker) { m.procs[0].last, m.procs[0].open = 200*sec, false }), Refuted, "a process of web.1 ended after it"},
			{change(func(m *maker) { m.says(101*sec, "release.1", "Process exited with status 0") }), NotSeen, "no release phase failed"},
		},
		"first-kill": {
			{newMaker(), Confirmed, "after 190.0 s"}, {change(func(m *maker) { m.procs[0].sigterm, m.procs[0].last = 200*sec, 200*sec }), Refuted, "after 100.0 s"},
			{change(func(m *maker) { m.kill(450 * sec) }), Refuted, "after 350.0 s"}, {plain(), NotSeen, "no old process"},
			{change(func(m *maker) { m.kill(450 * sec); m.procs[0].sigterm = 0 }), NotSeen, "not every old process printed"},
			{change(func(m *maker) { m.procs[0].sigterm, m.procs[0].last, m.procs[1].sigterm = 200*sec, 200*sec, 0 }), Refuted, "after 100.0 s"},
			{change(func(m *maker) { m.again(350 * sec) }), Confirmed, "after 190.0 s"}, // made after the kill
			{change(func(m *maker) { m.again(200 * sec) }), NotSeen, "was replaced meanwhile"}, {newMaker().do(150*sec, "restart web.1", ""), NotSeen, "was changed"},
			{newMaker().do(150*sec, "scale web to 3", "no"), Confirmed, ""},
		},
		"kills-apart": {
			{newMaker(), Confirmed, "11.0 s for 2 dynos"}, {change(func(m *maker) { m.procs[1].sigterm, m.procs[1].last = 330*sec, 330*sec }), Refuted, "40.0 s for 2 dynos"},
			{change(func(m *maker) { m.procs[1].sigterm = 0 }), NotSeen, "not every old process printed"}, {newMaker().do(150*sec, "deploy", ""), NotSeen, "was changed"},
		},
		"preboot-hold": {
			{newMaker(), Confirmed, "153.0 s after the last line"}, {change(func(m *maker) { m.kill(460 * sec) }), Refuted, "an old process printed a line 6.0 s later"}, {plain(), NotSeen, "no old process"},
			{change(func(m *maker) { m.observed = []observe.Observation{{End: observe.Interrupt}} }), NotSeen, "no gate had"}, {change(func(m *maker) { m.second, m.secondEnds = -1, "passed" }), Confirmed, "from before the deploy"},
			{change(func(m *maker) { m.second, m.secondEnds = 295*sec, "passed" }), Refuted, "the hold of the gate from after the deploy ended +195.0s from the release, and an old process printed a line 6.0 s later"},
			{change(func(m *maker) { m.second, m.secondEnds = 420*sec, "passed" }), Confirmed, "119.0 s after the last line"},
			{change(func(m *maker) { m.second, m.secondEnds = 295*sec, "failed" }), Confirmed, "153.0 s after the last line"}, // it did not wait for it
		},
		"plain-hold": {
			{plain(), Confirmed, "came 31.0 s after that"}, {plain().with(func(m *maker) { m.kill(200 * sec) }), Refuted, "100.0 s after that"}, {newMaker(), NotSeen, "no such process"},
			{plain().with(func(m *maker) { m.kill(200 * sec); m.turnLate() }), Confirmed, "came 80.0 s after that"},
			{plain().with(func(m *maker) { m.kill(200 * sec); m.again(150 * sec) }), Refuted, "100.0 s after that"}, // the record of a restart is not the first
			{plain().with(func(m *maker) {
				m.run.Gaps = []evidence.Gap{{From: began.Add(130 * sec), To: began.Add(300 * sec)}}
			}), NotSeen, "may have run on"},
		},
		"restart-renews": {
			{change(func(m *maker) { m.kill(450 * sec) }).do(240*sec, "restart web.2", ""), Confirmed, "web.2, code 1: SIGTERM"},
			{newMaker().do(105*sec, "restart web.2", ""), NotSeen, "stopped anyway"}, {newMaker().do(150*sec, "restart web.1", ""), Refuted, "139.5 s after the restart"},
			{newMaker().do(150*sec, "restart all", ""), Refuted, "after the restart"}, {newMaker(), NotSeen, "nothing was restarted"}, {newMaker().do(50*sec, "restart web.1", ""), NotSeen, "nothing was restarted"}, {newMaker().do(295*sec, "restart web.1", ""), NotSeen, "no old process that was hidden then"},
			{plain().do(105*sec, "restart web.1", ""), NotSeen, "nothing was restarted"},
		},
		"deploy-renews": {
			{change(func(m *maker) { m.kill(450 * sec); m.third(240 * sec) }), Confirmed, "code 1"}, {change(func(m *maker) { m.third(110 * sec) }), NotSeen, "stopped anyway"}, {change(func(m *maker) { m.third(160 * sec) }), Refuted, "130.0 s after the second release"}, {newMaker(), NotSeen, "no second deploy"},
		},
		"crash-kills": {
			{change(allCrash), Confirmed, "web.1 v4 crashed"}, {change(allCrash).with(func(m *maker) { m.procs[0].last, m.procs[0].sigterm, m.procs[0].open = 600*sec, 0, true }), Refuted, "still printed a line"},
			{newMaker(), NotSeen, "of which all crash"}, {change(allCrash).with(oneUp), NotSeen, "of which all crash"}, {change(allCrash).with(func(m *maker) { m.procs[0].sigterm = 0 }), NotSeen, "was not seen"},
		},
		"scaling-refused": {
			{newMaker().do(150*sec, "scale web to 3", "422"), Confirmed, "it refused 1 times"},
			{newMaker().do(150*sec, "scale web to 3", "scaling the app x: Heroku answered 503: Service Unavailable"), NotSeen, "nothing was scaled"},
			{newMaker().do(150*sec, "scale web to 3", "scaling the app x: Heroku answered 429: Slow down"), NotSeen, "nothing was scaled"}, {newMaker().do(150*sec, "scale web to 3", ""), Refuted, "it was done"},
			{newMaker().do(350*sec, "scale web to 3", ""), NotSeen, "nothing was scaled"}, {newMaker().do(50*sec, "scale web to 3", ""), NotSeen, "nothing was scaled"},
		},
		"old-id-gone": {
			{newMaker(), Confirmed, "404: web.1 of before the release"}, {change(func(m *maker) { m.old = 200 }), Refuted, "GET /dynos/aaaaaaaa-0000-4000-8000-000000000001 200"}, {plain().with(func(m *maker) { m.old = 200 }), NotSeen, "no old prebooted"},
		},
		"preboot-answer": {
			{newMaker(), Confirmed, "1 of 1 answers: true"}, {change(func(m *maker) { m.observed = []observe.Observation{{Preboot: &observe.Preboot{Known: true}}} }), Refuted, "preboot false"},
			{change(func(m *maker) { m.observed = []observe.Observation{{Preboot: &observe.Preboot{}}} }), Refuted, "no answer of use"}, {change(func(m *maker) { m.observed = []observe.Observation{{}} }), NotSeen, "no gate asked"},
		},
		"read-scope": {
			{change(func(m *maker) { m.run.ReadKey = true }), Confirmed, "nothing was refused"}, {newMaker(), NotSeen, "HEROKU_READ_KEY"},
			{change(func(m *maker) {
				m.run.ReadKey = true
				m.observed = []observe.Observation{{Log: &observe.LogStatus{State: observe.Refused, Reason: "403"}}}
			}), Refuted, "403"},
			{change(func(m *maker) {
				m.run.ReadKey = true
				m.observed = []observe.Observation{{Trouble: &observe.Trouble{Kind: observe.Forbidden, Message: "no"}}}
			}), Refuted, "a request was refused"},
			{change(func(m *maker) { m.run.ReadKey = true; m.observed = []observe.Observation{{}} }), NotSeen, "no gate read the log"},
		},
		"answers-fit": {
			{newMaker(), Confirmed, "answers"}, {change(func(m *maker) {
				m.observed = []observe.Observation{{Trouble: &observe.Trouble{Kind: observe.Unreachable, Message: "503"}}}
			}), Refuted, "503"},
			{change(func(m *maker) { m.noGates = true }), NotSeen, "no gate has a recording"},
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
				f := a.judge(newView(run))
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

// One run that refutes counts more than several that confirm, and each finding names its plan.
func TestJudge(t *testing.T) {
	t.Parallel()
	good, bad, other := newMaker().make(t), newMaker().with(func(m *maker) { m.procs[1].quiet = true }).make(t), plain().make(t)
	good.Plan, bad.Plan, other.Plan = "good", "bad", "other"
	for _, c := range []struct {
		runs []*evidence.Run
		want string
	}{
		{nil, "not seen "}, {[]*evidence.Run{other}, "not seen "}, {[]*evidence.Run{other, good, other}, "confirmed in plan good,"}, {[]*evidence.Run{good, bad, good}, "refuted in plan bad,"},
	} {
		rows := Judge(c.runs...)
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == "exit-of-prebooted" })
		if got := string(rows[i].Outcome) + " " + rows[i].Plan; got != c.want || len(rows) != len(Assumptions) {
			t.Errorf("it is %s, want %s; %d rows", got, c.want, len(rows))
		}
	}
}
