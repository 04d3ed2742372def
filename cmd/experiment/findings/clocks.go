// Whether the clocks agree: of answers, of the log, and of dynos.

package findings

import (
	"fmt"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// oneClock looks for lines that came before they were written.
func oneClock(v *view) Finding {
	if len(v.lines) == 0 || v.give == 0 {
		return notSeen("there are no lines, or no dates of answers")
	}
	early := time.Duration(0)
	var shown []string
	soonest := time.Hour
	for _, l := range v.lines {
		soonest = min(soonest, l.came.Sub(l.Stamp))
		if d := l.Stamp.Sub(l.came); d > early {
			early, shown = d, []string{fmt.Sprintf("%s came at %s", l.text, l.came.UTC().Format("15:04:05.0"))}
		}
	}
	switch {
	case early > slack+v.give:
		return refuted(shown, "a line came %.1f s before it was written", early.Seconds())
	case soonest > slack+v.give: // all are late by the Date, or its clock is ahead
		return refuted(v.latest(), "every line came %.1f s or more after it was written", soonest.Seconds())
	}
	if f, wrong := v.dynoClocks(); wrong {
		return f
	}
	why := fmt.Sprintf("the soonest line came %.1f s after its stamp, give or take %.1f s", soonest.Round(100*time.Millisecond).Seconds(), v.give.Seconds())
	if max(early, soonest)+v.give > slack {
		return notSeen("%s", why)
	}
	return confirmed(nil, "%s", why)
}

// dynoClocks looks for a process whose clock is off, by which the truth would be, too: its lines come before the time
// that they tell, or all of them come late.
func (v *view) dynoClocks() (f Finding, wrong bool) {
	soonest, shown, lines := map[string]time.Duration{}, map[string]string{}, map[string]int{}
	var order []evidence.Sign // one of each process
	for _, l := range v.run.Log {
		s, ok := evidence.ReadSign(l.Text)
		if !ok {
			continue
		}
		lines[s.Process]++
		after := v.time(l.At).Sub(s.At)
		if was, known := soonest[s.Process]; !known || after < was {
			soonest[s.Process], shown[s.Process] = after, fmt.Sprintf("%s came at %s", l.Text, v.time(l.At).UTC().Format("15:04:05.0"))
			if !known {
				order = append(order, s)
			}
		}
	}
	for _, s := range order {
		switch d := soonest[s.Process]; {
		case d < -slack-v.give:
			return refuted([]string{shown[s.Process]}, "the clock of %s is %.1f s ahead", s.Dyno, -d.Seconds()), true
		case d > slack+v.give && lines[s.Process] >= 10: // the log may be late for a while
			return refuted([]string{shown[s.Process]}, "the clock of %s is %.1f s behind, or every line of it came late", s.Dyno, d.Seconds()), true
		}
	}
	return Finding{}, false
}
