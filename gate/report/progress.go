// Progress: what is worth a line, and what the line says.

package report

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

const (
	heartbeat = 30 * time.Second // the longest silence
	pause     = time.Second      // the shortest time between two lines of a log
	holdMoved = 10 * time.Second // a hold that moves by less is not news
	typesShow = 5                // process types named in a line
)

// progress remembers what was shown last.
type progress struct {
	shown bool
	at    time.Duration
	body  string
	hold  time.Duration
	told  map[string]bool
}

// next returns the line to show, if there is one to show now. In place there can
// be one for every change and every second; in a log a burst of changes is one line.
func (g *progress) next(p rollout.Picture, inPlace bool) (string, bool) {
	body := state(p)
	since := p.At - g.at
	moved := (p.HoldUntil-g.hold).Abs() >= holdMoved || (p.HoldUntil == 0) != (g.hold == 0)
	news := !g.shown || body != g.body || moved
	switch {
	case !g.shown:
	case inPlace && (news || since >= time.Second):
	case news && since >= pause:
	case since >= heartbeat:
	default:
		return "", false
	}
	*g = progress{shown: true, at: p.At, body: body, hold: p.HoldUntil, told: g.told}
	if l := limit(p); l != "" {
		body += "; " + l
	}
	return body, true
}

// notices returns those that were not told yet.
func (g *progress) notices(p rollout.Picture) []string {
	var news []string
	for _, n := range p.Notices {
		if !g.told[n] {
			if g.told == nil {
				g.told = map[string]bool{}
			}
			g.told[n] = true
			news = append(news, n)
		}
	}
	return news
}

// state is the part of the line whose every change is news.
func state(p rollout.Picture) string {
	parts := append([]string{target(p)}, counts(p)...)
	// What is waited for belongs here, too; when the hold is over does not.
	if p.Waiting != "" {
		parts = append(parts, "waiting for "+strings.TrimPrefix(p.Waiting, "waiting for "))
	}
	return strings.Join(parts, " · ")
}

// target is the release, with its status unless that is the ordinary one.
func target(p rollout.Picture) string {
	if p.Target == nil {
		return "no release yet"
	}
	s := release(p)
	if p.Target.Status != "succeeded" {
		s += " " + p.Target.Status
	}
	if p.SupersededBy != 0 {
		s += fmt.Sprintf(", superseded by v%d", p.SupersededBy)
	}
	return s
}

func release(p rollout.Picture) string {
	if p.Target == nil {
		return ""
	}
	return fmt.Sprintf("v%d", p.Target.Version)
}

// counts is one part for each process type, and one for the old dynos.
func counts(p rollout.Picture) []string {
	var parts []string
	var listed, hidden, left int
	for _, t := range p.Types {
		listed += t.OldListed
		hidden += t.OldHidden
		if len(parts) == typesShow {
			left++
			continue
		}
		s := fmt.Sprintf("%s %d/%d up", t.Type, t.Up, t.Wanted)
		if t.Starting > 0 {
			s += fmt.Sprintf(", %d starting", t.Starting)
		}
		if t.Crashed > 0 {
			s += fmt.Sprintf(", %d crashed", t.Crashed)
		}
		parts = append(parts, s)
	}
	if left > 0 {
		parts = append(parts, fmt.Sprintf("%s more (%d/%d up in all)", count(left, "type"), p.NewUp, p.NewWanted))
	}
	if len(p.Types) == 0 {
		return nil
	}
	old := fmt.Sprintf("old %d", p.OldRemaining)
	if p.OldRemaining > 0 {
		old += fmt.Sprintf(" (%d listed, %d hidden)", listed, hidden)
	}
	return append(parts, old)
}

// limit is how the wait for old dynos ends at the latest.
func limit(p rollout.Picture) string {
	if p.HoldUntil <= 0 || p.OldRemaining == 0 {
		return ""
	}
	gone := "presumed gone at " + duration(p.HoldUntil)
	if p.RequireProof {
		return "proof is required"
	}
	if p.Log == rollout.Flowing {
		return "proof by the log, at the latest " + gone
	}
	return gone
}

// lastLine is the state at the end, unless it was shown, and what it took.
func lastLine(e Ending, shown bool) string {
	if shown {
		return cost(e)
	}
	parts := append([]string{target(e.Picture)}, counts(e.Picture)...)
	return strings.Join(append(parts, cost(e)), " · ")
}

// cost is what the wait took of the account's budget of requests.
func cost(e Ending) string {
	var parts []string
	if e.Requests >= 0 {
		parts = append(parts, count(e.Requests, "request"))
	}
	if e.BudgetRemaining >= 0 {
		parts = append(parts, fmt.Sprintf("%d left of the budget", e.BudgetRemaining))
	}
	if e.BudgetLowest >= 0 && e.BudgetLowest != e.BudgetRemaining {
		parts = append(parts, fmt.Sprintf("%d at the lowest", e.BudgetLowest))
	}
	if len(parts) == 0 {
		return "requests not counted"
	}
	return strings.Join(parts, ", ")
}

// count is "1 dyno", "2 dynos".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
