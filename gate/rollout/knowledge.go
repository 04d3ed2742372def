// Knowledge: how it is known what has become of old code, and the only words in which that is
// told. Whatever the ending, nothing is told as a fact that is only presumed.

package rollout

import "strings"

// A Knowledge is how it is known what old code does.
type Knowledge string

const (
	// Seen: the dyno list shows old dynos. It can be some seconds behind.
	Seen Knowledge = "seen"
	// NotKnown: none is listed, and one may still run.
	NotKnown Knowledge = "not-known"
	// ByProof: none runs any more, since the end of each was seen. It is the basis [Proven].
	ByProof = Knowledge(Proven)
	// ByLimit: none can run any more, since the longest time that one can live is over. Not every
	// end was seen. It is the basis [Presumed].
	ByLimit = Knowledge(Presumed)
)

// A Wording is how one kind of knowledge is told. In some texts, … stands for a time.
type Wording struct {
	// Sentence tells of it after "Heroku called it finished at". Where it has a time, how
	// much later that was follows.
	Sentence string
	// Message is what the message of a gate that opens says of old dynos, after "no old one". There, …
	// stands for the reason why it is not proven.
	Message string
	// State is what a sentence about something else adds.
	State string
	// Moment is a row of the timeline; empty if there is none.
	Moment string
	// Line stands in a line of progress in place of the numbers of old dynos, if they are 0.
	Line string
	// Cell is what is told of one dyno or process type; CellAt the same, if there is a time.
	Cell, CellAt string
	// Bar is the last part of the chart's row of old dynos, and Unseen its row of old code after
	// Heroku's "finished".
	Bar, Unseen string
}

// Words is how the knowledge is told.
func (k Knowledge) Words() Wording {
	if w, ok := wordings[k]; ok {
		return w
	}
	return wordings[NotKnown]
}

// wordings has a row for each kind of knowledge.
var wordings = map[Knowledge]Wording{
	Seen: {
		Sentence: "the dyno list still shows old code",
		State:    "the dyno list still shows old code",
		Line:     "old listed",
		Cell:     "listed",
		Bar:      "in the dyno list",
		Unseen:   "… of listed old code after finished so far",
	},
	NotKnown: {
		Sentence: "old code may still run",
		State:    "old code may still run",
		Line:     "old may run",
		Cell:     "may run",
		Bar:      "may run",
		Unseen:   "… in which old code may have run so far",
	},
	ByProof: {
		Sentence: "old code was gone at …",
		Message:  "left (the log shows the end of every old process)",
		State:    "no old code runs any more",
		Moment:   "no old dyno runs any more",
		Line:     "no old",
		Cell:     "gone", CellAt: "gone …",
		Bar:    "run",
		Unseen: "… of old code after finished",
	},
	ByLimit: {
		Sentence: "old code can have run until …",
		Message:  "can be running: the longest time that an old process can live is over (presumed, since …)",
		State:    "old code is presumed gone",
		Moment:   "presumed: no old dyno can live longer",
		Line:     "old presumed gone",
		Cell:     "presumed gone", CellAt: "presumed gone by …",
		Bar:    "may run",
		Unseen: "… in which old code may have run",
	},
}

// byMetrics is the message of proof that rests on runtime metrics, too.
const byMetrics = "left (old processes were seen to end, and then only new ones reported runtime metrics)"

// noneToEnd is the message of proof where no old process was seen to end.
const noneToEnd = "left (there was none to end)"

// Fill puts what belongs there into a text of a [Wording].
func Fill(text, with string) string { return strings.ReplaceAll(text, "…", with) }

// Known is the knowledge of a process type or a dyno of which so many old records are listed.
func (b Basis) Known(listed int) Knowledge {
	switch {
	case listed > 0:
		return Seen
	case b == "":
		return NotKnown
	}
	return Knowledge(b)
}

// oldCode is what is known of all old code in scope.
func (r *Rollout) oldCode() Knowledge {
	s := &r.status
	switch {
	case r.verdict != nil && r.verdict.Result == Passed:
		return Knowledge(r.verdict.Basis)
	case s.holdUntil != 0 || len(s.types) == 0:
		return Basis("").Known(s.oldListed)
	case s.presumed:
		return ByLimit
	}
	return ByProof
}
