// Kinds of random roll-outs about proof, holds, and faults of log and API.

package gate_test

import (
	"slices"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

var kindsOfProof = []kind{
	{"a restart or a release begins the hold anew", func(r *rolled) bool { return r.renewals() > 0 }},
	{"several restarts or releases do", func(r *rolled) bool { return r.renewals() > 1 }},
	{"a restart or a release in the last minute of the first hold", func(r *rolled) bool { return r.renewedLate() }},
	{"an old dyno outlives the first hold", func(r *rolled) bool { return r.outlives() }},
	{"an old dyno outlives the first hold without a log", func(r *rolled) bool { return r.outlives() && r.noLog() }},
	{"an old dyno outlives the first hold with a short history", func(r *rolled) bool { return r.outlives() && r.Log.History != nil }},
	{"an old dyno outlives the first hold with a gap", func(r *rolled) bool {
		return r.outlives() && r.lost(func(x herokusim.Lose) bool { return x.Notice != "" })
	}},
	{"an old dyno outlives the first hold with a lost start line", func(r *rolled) bool { return r.outlives() && r.lostStart() != nil }},
	{"a lost start line", func(r *rolled) bool { return r.lostStart() != nil }},
	{"a lost start line of an old dyno", func(r *rolled) bool {
		l := r.lostStart()
		return l != nil && r.story.Start.Add(r.deploy).After(l.Stamp)
	}},
	{"a lost start line beside a crash of that label", func(r *rolled) bool { return r.lostBesideCrash() }},
	{"a lost start line of a process that had a successor while an old one was hidden", func(r *rolled) bool {
		l := r.lostStart()
		if l == nil {
			return false
		}
		in, _ := r.startedBy(*l)
		return r.shortLived(in)
	}},
	{"another line lost", func(r *rolled) bool { return r.lost(oneLine) && r.lostStart() == nil }},
	{"two old generations, and the history begins between them", func(r *rolled) bool { return r.historyBetween() }},
	{"two old generations, and a gap between them", func(r *rolled) bool { return r.gapBetween() }},
	{"a process is being stopped while the list lags", func(r *rolled) bool {
		return r.ListLag >= time.Second && slices.ContainsFunc(r.story.Instances, func(in herokusim.Instance) bool {
			return in.Term > r.story.Gate && in.Exit-in.Term >= 3*time.Second
		})
	}},
	{"a crash while an old process is being stopped", func(r *rolled) bool { return r.crashWhileStopping() }},
	{"a crash while an old process is being stopped, and the list lags", func(r *rolled) bool { return r.ListLag > 0 && r.crashWhileStopping() }},
	{"new dynos crash before they are up", func(r *rolled) bool { return r.crashTiming(func(t herokusim.Timing) bool { return t.Crash > 0 }) }},
	{"new dynos crash twice before they are up", func(r *rolled) bool { return r.crashTiming(func(t herokusim.Timing) bool { return t.Crash > 1 }) }},
	{"new dynos do not boot in time", func(r *rolled) bool { return r.crashTiming(func(t herokusim.Timing) bool { return t.R10 }) }},
	{"a listed dyno crashes", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Crash != nil && e.Crash.Instance == "" })
	}},
	{"a hidden dyno crashes", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Crash != nil && e.Crash.Instance != "" })
	}},
	{"a dyno stays crashed", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Crash != nil && e.Crash.Stays })
	}},
	{"metrics with the dyno's id of an old process whose exit is in the log", func(r *rolled) bool { return r.ghost && r.MetricsIDs == "" }},
	{"metrics with other ids of an old process whose exit is in the log", func(r *rolled) bool { return r.ghost && r.MetricsIDs != "" }},
	{"metrics, and lines late", func(r *rolled) bool { return r.Metrics && r.Log.Late != nil }},
	{"metrics, and a history that is a moment long", func(r *rolled) bool { return r.Metrics && r.App.Preboot && r.Log.History != nil && !r.noLog() }},
	{"metrics that were switched on with old processes there", func(r *rolled) bool {
		return r.MetricsChanged != 0 && slices.ContainsFunc(r.story.OldRunning(r.deploy, r.before()+1), func(in herokusim.Instance) bool { return in.Start < r.MetricsChanged })
	}},
	{"metrics late", func(r *rolled) bool { return r.Log.MetricsLate > 0 }},
	{"metrics lost", func(r *rolled) bool { return r.Log.MetricsLose > 0 }},
	{"metrics without proof", func(r *rolled) bool { return r.Metrics && r.blind && !r.noLog() }},
}

// renews reports whether the event gives dynos a new process while old processes of the
// first roll-out may be hidden.
func (r *rolled) renews(e herokusim.Event) bool {
	_, release := releasedAt(e)
	return (release || e.Restart != nil) && e.At > r.deploy && len(r.story.OldRunning(e.At, r.before()+1)) > 0
}

func (r *rolled) renewals() (n int) {
	for _, e := range r.Events {
		if r.renews(e) {
			n++
		}
	}
	return n
}

// firstHold is the end of the hold that the deploy begins.
func (r *rolled) firstHold() time.Duration {
	if r.platform() == onPreboot {
		return r.deploy + r.hidesFor(r.Types["web"].Quantity)
	}
	return r.deploy + 90*time.Second
}

func (r *rolled) renewedLate() bool {
	return r.has(func(e herokusim.Event) bool {
		return r.renews(e) && e.At < r.firstHold() && e.At > r.firstHold()-time.Minute
	})
}

// outlives reports whether an old process still runs after the end of the deploy's hold.
func (r *rolled) outlives() bool {
	return r.renewals() > 0 && len(r.story.OldRunning(r.firstHold(), r.before()+1)) > 0
}

func (r *rolled) lost(is func(herokusim.Lose) bool) bool { return slices.ContainsFunc(r.Log.Lose, is) }

// oneLine reports whether exactly one line is lost.
func oneLine(x herokusim.Lose) bool { return x.To-x.From == time.Microsecond }

// lostStart is the process whose start line is the only lost line; nil if there is none.
func (r *rolled) lostStart() *herokusim.Line {
	for _, x := range r.Log.Lose {
		for _, l := range r.story.Lines {
			if oneLine(x) && l.Emitted == x.From && r.isStart(l) {
				return &l
			}
		}
	}
	return nil
}

func (r *rolled) lostBesideCrash() bool {
	l := r.lostStart()
	return l != nil && r.crashesAt(l.Proc)
}

// historyBetween reports whether the log's history begins between the release before the
// deploy and the deploy, with processes from before and after that release still running.
func (r *rolled) historyBetween() bool {
	at, ok := r.recent()
	if !ok || r.generations() < 2 || r.Log.History == nil {
		return false
	}
	kept := 0
	for _, l := range r.story.Lines {
		if l.InHistory && l.Emitted > at && l.Emitted <= r.story.Gate {
			kept++
		}
	}
	return *r.Log.History > 0 && *r.Log.History < kept
}

func (r *rolled) gapBetween() bool {
	at, ok := r.recent()
	return ok && r.generations() > 1 && r.lost(func(x herokusim.Lose) bool { return x.Notice != "" && x.From >= at && x.From <= r.deploy })
}

// crashWhileStopping reports whether a listed dyno crashes while a hidden one of its label
// stops.
func (r *rolled) crashWhileStopping() bool {
	return r.has(func(e herokusim.Event) bool {
		return e.Crash != nil && e.Crash.Instance == "" && slices.ContainsFunc(r.story.Instances, func(in herokusim.Instance) bool {
			return in.Label == e.Crash.Label && in.Term > 0 && in.Term <= e.At && e.At < in.Exit
		})
	})
}

func (r *rolled) crashTiming(is func(herokusim.Timing) bool) bool {
	return r.has(func(e herokusim.Event) bool {
		for _, t := range e.Timing {
			if is(t) {
				return true
			}
		}
		return false
	})
}

var kindsOfTrouble = []kind{
	{"calm", func(r *rolled) bool { return r.calm }},
	{"the newest release was made moments before the gate, and is not listed yet", func(r *rolled) bool {
		hidden := func(f herokusim.Fault) bool {
			return f.Path == "/releases" && r.newest(r.story.Gate-f.Stale) < r.newest(r.story.Gate)
		}
		return r.inputs["release"]+r.inputs["commit"] == "" && slices.ContainsFunc(r.Faults, hidden)
	}},
	{"the list lags", func(r *rolled) bool { return r.ListLag > 0 && r.ListLag <= 5*time.Second }},
	{"the list lags by more than 5 s", func(r *rolled) bool { return r.ListLag > 5*time.Second }},
	{"log off", func(r *rolled) bool { return r.inputs["logs"] == "off" }},
	{"log refused", func(r *rolled) bool { return r.Log.Refused > 0 }},
	{"L20", func(r *rolled) bool { return r.Log.L20 }},
	{"the watch begins before the deploy, with a short history", func(r *rolled) bool { return r.ahead > 0 && r.knowsAll() }},
	{"the watch begins before the gate, and no release comes in between", func(r *rolled) bool { return r.nothingNew() }},
	{"a watch of its own begins before the deploy", func(r *rolled) bool { return r.inputs[begunInput] != "" && r.knowsAll() }},
	{"a watch of its own dies before the gate comes", func(r *rolled) bool { return r.dies > 0 && r.dies < r.ahead }},
	{"a watch of its own dies after the gate came", func(r *rolled) bool { return r.dies > r.ahead }},
	{"the watch begins long before the gate", func(r *rolled) bool { return r.ahead > 15*time.Minute }},
	{"short history", func(r *rolled) bool { return r.Log.History != nil }},
	{"streams end", func(r *rolled) bool { return r.Log.Cut > 0 }},
	{"streams go silent", func(r *rolled) bool { return r.Log.SilentAfter > 0 }},
	{"streams have nothing but heartbeats", func(r *rolled) bool { return r.Log.DeafAfter > 0 }},
	{"streams are 15 minutes old while the gate waits", func(r *rolled) bool { return r.deploy-r.story.Gate > 13*time.Minute }},
	{"text though events were asked for", func(r *rolled) bool { return r.Log.PlainText && r.platform() != onFir }},
	{"text without line ends", func(r *rolled) bool { return r.Log.PlainText && r.platform() == onFir }},
	{"lines late", func(r *rolled) bool { return r.Log.Late != nil }},
	{"lines of the API late", func(r *rolled) bool { return r.Log.APILate > 0 }},
	{"lines double", func(r *rolled) bool { return r.Log.Double > 0 }},
	{"a line printed twice", func(r *rolled) bool {
		return r.has(func(e herokusim.Event) bool { return e.Say != nil && e.Say.Source != "" }) && !r.ghost
	}},
	{"lines in pieces", func(r *rolled) bool { return r.Log.Chunk > 0 }},
	{"heartbeats", func(r *rolled) bool { return r.Log.Heartbeat > 0 }},
	{"lines lost while joining", func(r *rolled) bool { return r.Log.JoinLoss }},
	{"lines lost here and there", func(r *rolled) bool { return r.Log.LoseLines > 0 }},
	{"lines lost for a while without notice", func(r *rolled) bool { return r.lost(func(x herokusim.Lose) bool { return x.Share != nil }) }},
	{"L11", func(r *rolled) bool { return r.lost(func(x herokusim.Lose) bool { return x.Notice == "L11" }) }},
	{"L11, and the history has the lines", func(r *rolled) bool { return r.lost(func(x herokusim.Lose) bool { return x.Kept }) }},
	{"L12", func(r *rolled) bool { return r.lost(func(x herokusim.Lose) bool { return x.Notice == "L12" }) }},
	{"L13", func(r *rolled) bool { return r.lost(func(x herokusim.Lose) bool { return x.Notice == "L13" }) }},
	{"Restarting is printed with preboot", func(r *rolled) bool { return r.RestartingLine && r.App.Preboot }},
	{"API: 503", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Status == 503 }) }},
	{"API: 429", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Status == 429 }) }},
	{"API: 429 with a time", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.RetryAfter > 0 }) }},
	{"API: 404 of a part of the app", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Status == 404 }) }},
	{"API: 429 with a date", func(r *rolled) bool {
		return r.faulty(func(f herokusim.Fault) bool { return f.RetryAfterAs == "date" })
	}},
	{"API: 429 with a moment", func(r *rolled) bool {
		return r.faulty(func(f herokusim.Fault) bool { return f.RetryAfterAs == "moment" })
	}},
	{"API: no answer", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Hang }) }},
	{"API: half an answer", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.CutBody }) }},
	{"API: refused for a while", func(r *rolled) bool {
		return r.faulty(func(f herokusim.Fault) bool { return f.Status == 403 || f.Status == 404 })
	}},
	{"API: the key refused for a while", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Status == 401 }) }},
	{"the app is renamed", func(r *rolled) bool { return r.has(func(e herokusim.Event) bool { return e.Rename != "" }) }},
	{"API: a list that stays slow", func(r *rolled) bool {
		return r.faulty(func(f herokusim.Fault) bool { return f.Delay > 0 && f.To == time.Hour })
	}},
	{"API: old answers", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Stale > 0 }) }},
	{"API: connection reset", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Reset }) }},
	{"API: late answers", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Delay > 0 }) }},
	{"API: no date", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.NoDate }) }},
	{"API: empty dyno list", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Body == "[]" }) }},
	{"API: a clock is ahead", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Clock > 0 }) }},
	{"API: one clock is behind", func(r *rolled) bool { return r.faulty(func(f herokusim.Fault) bool { return f.Clock < 0 }) }},
}

// faulty reports whether the API has such a fault after the gate has started.
func (r *rolled) faulty(is func(herokusim.Fault) bool) bool {
	return slices.ContainsFunc(r.Faults, func(f herokusim.Fault) bool { return is(f) && (f.To == 0 || f.To > r.story.Gate) })
}
