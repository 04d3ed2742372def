// Doubts: every reason why the log does not prove that the old processes of a label are gone.

package rollout

import (
	"slices"

	"heroku-rollout-gate/gate/ledger"
	"heroku-rollout-gate/gate/observe"
)

// A doubt is one such reason. docs/how-it-knows.md explains each by its name.
type doubt struct {
	name string
	says string // in words, unless there is a function words
	is   func(e *evidence, t *timer) bool
	// words says it, where the words are not always the same.
	words func(e *evidence) string
	// metricsSettle: it only concerns the number of processes, and not whether something starts or stops right now.
	// Runtime metrics can settle it, see listedAlone.
	metricsSettle bool
	// passes: it passes by itself, so that more time helps.
	passes bool
}

// ExitDue is the normal reason of a hold: the log flows, and an old process has not ended yet. Messages leave it out.
const ExitDue = "an exit is still to come"

const (
	historyShort = "the log's history does not reach back far enough"
	noHistory    = "Fir keeps no log history"
	exitMissed   = "the log does not show every end" // ExitDue, when the hold is over
)

// streamDoubts are about the log as a whole.
var streamDoubts = []doubt{
	{name: "log-off", says: "the log is switched off", is: func(e *evidence, _ *timer) bool {
		return !e.roster.cfg.UseLog
	}},
	{name: "log-refused", says: "Heroku refuses the log", is: func(e *evidence, _ *timer) bool {
		return e.roster.log.state == observe.Refused
	}},
	{name: "log-unavailable", is: func(e *evidence, _ *timer) bool {
		return e.roster.log.reason != ""
	}, words: func(e *evidence) string { return brief(e.roster.log.reason) }},
	{name: "log-unread", passes: true, says: "the log has not been read yet", is: func(e *evidence, _ *timer) bool {
		return e.roster.log.state == ""
	}},
	{name: "log-interrupted", passes: true, says: "the log stream is interrupted", is: func(e *evidence, _ *timer) bool {
		return !e.roster.log.flows()
	}},
}

// doubts are all doubts about a label, those about the log as a whole first. The first one that applies is told.
//
// If there is none, the log shows every process of the label, and counts as many alive as the list shows running: one or
// none. The old ones have ended. exit-unattributed, list-behind and crash-unconfirmed guard against one mistake: the
// listed dyno has crashed, the list does not show that yet, and the process that is counted is an old one.
var doubts = slices.Concat(streamDoubts, []doubt{
	{name: "history-unknown", says: "the log's history does not say where it begins", is: func(e *evidence, _ *timer) bool {
		return e.roster.log.since.IsZero()
	}},
	{name: "history-short", passes: true, metricsSettle: true, says: historyShort, is: func(e *evidence, t *timer) bool {
		return t.pending(e.hiddenGoneAt)
	}},
	{name: "ledger-broken", is: func(e *evidence, _ *timer) bool {
		return e.balance.Broken != ""
	}, words: func(e *evidence) string { return e.balance.Broken }},
	{name: "start-announced", passes: true, says: "a restart is announced whose start is not in the log yet", is: func(e *evidence, _ *timer) bool {
		return e.balance.StartDue
	}},
	{name: "start-missing", metricsSettle: true, says: "the start of the listed dyno is not in the log", is: func(e *evidence, _ *timer) bool {
		return e.listedRunning == 1 && !e.label.ledger.StartedSince(e.label.record.CreatedAt)
	}},
	{name: "start-lost", says: "the log does not show every start", is: func(e *evidence, _ *timer) bool {
		return e.balance.Alive < e.listedRunning
	}},
	{name: "exit-due", passes: true, metricsSettle: true, says: ExitDue, is: func(e *evidence, _ *timer) bool {
		return e.balance.Alive > e.listedRunning
	}},
	{name: "stopping", passes: true, says: "an instance is being stopped", is: func(e *evidence, t *timer) bool {
		return e.balance.LastTerm.After(e.balance.LastExit) && t.pending(e.killDeadline)
	}},
	{name: "exit-unattributed", passes: true, says: "an exit is too fresh to tell whose it was", is: func(e *evidence, t *timer) bool {
		return e.listedRunning == 1 &&
			t.pending(e.label.ledger.ExitAt()+e.balance.BelievedAfter(e.roster.log.lineDelay+e.roster.listDelay))
	}},
	{name: "list-behind", passes: true, says: "the list is behind the log", is: func(e *evidence, _ *timer) bool {
		b, rec := &e.balance, e.label.record
		return rec != nil && rec.State == "up" && b.LastChange.To != "up" &&
			b.LastChange.Stamp.After(rec.UpdatedAt.Add(ledger.StampSlack))
	}},
	{name: "crash-unconfirmed", passes: true, says: "a dyno crashed, and the list may not know yet", is: func(e *evidence, t *timer) bool {
		// An exit that no SIGTERM announced is a crash, of the listed dyno or of a hidden one.
		crash := e.balance.CrashExit
		return e.listedRunning == 1 && !e.balance.LastStart.After(crash) && // a later start replaces what crashed
			t.lookPending(e.due(crash, observe.ListLag), e.roster.look)
	}},
})

// hardDoubts are those that runtime metrics cannot settle.
var hardDoubts = slices.DeleteFunc(slices.Clone(doubts), func(d doubt) bool { return d.metricsSettle })

// Doubts says why old processes may still run, for each label, and for each process type of which old dynos may run that
// no list has shown: "web.1: …".
func (r *Rollout) Doubts() (said []string) {
	told := map[[2]string]bool{}
	for i := range r.status.labels {
		if l := &r.status.labels[i]; l.basis == "" {
			said = append(said, l.label.name+": "+l.why)
			told[[2]string{l.label.typ.name, l.why}] = true
		}
	}
	for i := range r.status.types {
		if t := &r.status.types[i]; t.Basis == "" && !told[[2]string{t.Type, t.HoldReason}] {
			said = append(said, t.Type+": "+t.HoldReason)
		}
	}
	return said
}

// passes reports whether a reason of a hold is a doubt that passes by itself.
func passes(reason string) bool {
	return slices.ContainsFunc(doubts, func(d doubt) bool { return d.passes && d.says == reason })
}

// firstDoubt is the first doubt that applies, in words; empty if none does.
func firstDoubt(doubts []doubt, e *evidence, t *timer) string {
	for _, d := range doubts {
		switch {
		case !d.is(e, t):
		case d.words != nil:
			return d.words(e)
		default:
			return d.says
		}
	}
	return ""
}
