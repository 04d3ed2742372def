// Proof that the old processes of a label are gone, and how it lasts when the log breaks.

package rollout

import (
	"time"

	"heroku-rollout-gate/gate/observe"
)

// A proof has one of four stages.
type proof struct {
	stage stage
	at    time.Duration // since when there is no doubt, on the gate's clock
	// metrics: it rests on runtime metrics, and not on the ledger alone.
	metrics bool
}

type stage int

const (
	// unproven: there is a doubt.
	unproven stage = iota
	// seen: there is none now. It is lost when the log breaks: what the break takes may be
	// the line that tells otherwise.
	seen
	// confirmed: a look that was asked for late enough agrees. It outlives a break.
	confirmed
	// sealed: it was confirmed when the ledger was lost to a gap. What has ended does not
	// come back.
	sealed
)

// after is what becomes of the proof by a judgement at the moment at.
func (p proof) after(doubt bool, e *evidence, at time.Duration) proof {
	switch {
	case p.stage == sealed, p.lasts() && !e.roster.log.flows():
		return p
	case doubt, !e.roster.proofCanLast():
		return proof{}
	case p.stage == unproven:
		p = proof{stage: seen, at: at}
	}
	sure := p.at
	if exit := e.label.ledger.ExitAt(); exit > 0 { // a list that is behind does not know of a crash yet
		sure = max(sure, exit+observe.ListLag)
	}
	if e.roster.look.AskedAt >= sure {
		p.stage = confirmed
	}
	return p
}

// lasts reports whether it outlives a break of the log.
func (p proof) lasts() bool { return p.stage >= confirmed }

// afterGap is what becomes of it when lines of the log were lost.
func (p proof) afterGap() proof {
	if p.lasts() {
		return proof{stage: sealed, metrics: p.metrics}
	}
	return proof{}
}

// afterLateLine is what becomes of it by a line that comes while the log is broken: what was
// proof may have lacked it.
func (p proof) afterLateLine() proof {
	if p.stage == sealed {
		return p
	}
	return proof{}
}
