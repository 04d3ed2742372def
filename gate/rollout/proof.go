// Proof that the old processes of a label are gone, and what happens to it when the log breaks.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A proof has one of four stages.
type proof struct {
	stage stage
	at    time.Duration // since when there is no doubt
	// metrics: the proof needs runtime metrics, and not only the ledger.
	metrics bool
}

type stage int

const (
	// unproven: there is a doubt.
	unproven stage = iota
	// seen: there is none now. A break of the log ends this stage: it may hide a line that would disprove the proof.
	seen
	// confirmed: a look that was asked for late enough agrees. A break does not end this stage, but a line that
	// arrives during the break does, and so does a doubt while the log flows.
	confirmed
	// sealed: it was confirmed, and then a gap emptied the ledger. A process that has ended does not come back.
	sealed
)

// after is the proof after a judgement at a moment.
func (p proof) after(doubt bool, e *evidence, at time.Duration) proof {
	switch {
	case p.stage == sealed || p.lasts() && !e.roster.log.flows():
		return p
	case doubt || !e.roster.proofCanLast():
		return proof{}
	case p.stage == unproven:
		p = proof{stage: seen, at: at}
	}
	confirmedFrom := p.at
	if exit := e.label.ledger.ExitAt(); exit > 0 { // a late list does not show a crash yet
		confirmedFrom = max(confirmedFrom, exit+observe.ListLag)
	}
	if e.roster.look.AskedAt >= confirmedFrom {
		p.stage = confirmed
	}
	return p
}

// lasts reports whether the proof stays when the log breaks.
func (p proof) lasts() bool { return p.stage >= confirmed }

// afterGap is the proof after lines of the log were lost.
func (p proof) afterGap() proof {
	if p.lasts() {
		return proof{stage: sealed, metrics: p.metrics}
	}
	return proof{}
}

// afterLateLine is the proof after a line that arrives while the log is broken: the proof was made without that line.
func (p proof) afterLateLine() proof {
	if p.stage == sealed {
		return p
	}
	return proof{}
}
