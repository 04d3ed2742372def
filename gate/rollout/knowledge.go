// Knowledge: whether old code runs, how that is known, and the only words for it. What is only presumed is never told as a
// fact, however the wait ends.

package rollout

import "strings"

// A Knowledge says whether old code runs, and how that is known.
type Knowledge string

const (
	// Seen: the dyno list shows old dynos. It can be some seconds behind.
	Seen Knowledge = "seen"
	// NotKnown: none is listed, and one may still run.
	NotKnown Knowledge = "not-known"
	// ByProof: none runs any more: the end of each was seen. It is the basis [Proven].
	ByProof = Knowledge(Proven)
	// ByLimit: none can run any more: the longest time that one can live is over. Not every end was seen. It is the basis
	// [Presumed].
	ByLimit = Knowledge(Presumed)
)

// A Wording has the words for one kind of knowledge. In some texts, … stands for a time.
type Wording struct {
	// Sentence follows "Heroku called it finished at". If it has a time, people also read how much later that was.
	Sentence string
	// Message follows "no old one" in the message of a gate that opens. Its … stands for the reason why there is no proof.
	Message string
	// State is added to a sentence about something else.
	State string
	// Moment is a row of the timeline. Empty: there is no row.
	Moment string
	// Line is what a line of progress says if the numbers of old dynos are 0.
	Line string
	// Cell is a cell of a table, about one dyno or process type. CellAt is the same with a time.
	Cell, CellAt string
	// Bar is the last part of the old dynos' row in the chart. Unseen is the row of old code after Heroku called the
	// release finished.
	Bar, Unseen string
}

// Words are the words for the knowledge.
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

// byMetrics is Wording.Message if the proof needs runtime metrics.
const byMetrics = "left (old processes were seen to end, and then only new ones reported runtime metrics)"

// noneToEnd is Wording.Message if no old process was seen to end.
const noneToEnd = "left (there was none to end)"

// Fill replaces the … in a text of a [Wording].
func Fill(text, with string) string { return strings.ReplaceAll(text, "…", with) }

// Known is the knowledge about a process type or dyno that has so many listed old records.
func (b Basis) Known(listed int) Knowledge {
	switch {
	case listed > 0:
		return Seen
	case b == "":
		return NotKnown
	}
	return Knowledge(b)
}

// oldCode is the knowledge about all old code in scope.
func (r *Rollout) oldCode() Knowledge {
	s := &r.status
	switch {
	case r.verdict != nil && r.verdict.Result == Passed:
		return Knowledge(r.verdict.Basis)
	case s.holdUntil != 0 || len(s.types) == 0 || r.awaited(): // until the release is deployed, old code can start again
		return Basis("").Known(s.oldListed)
	case s.presumed:
		return ByLimit
	}
	return ByProof
}
