// Progress: what is worth a line, and what the line says. It reads from left to
// right: which release, what runs of each process type, what is waited for, and
// until when at the latest.

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

const (
	heartbeat = 30 * time.Second // the longest silence
	pause     = time.Second      // the shortest time between two lines of a log
	countsGap = 3 * time.Second  // the same where only numbers changed: a large formation turns for minutes
	holdMoved = 10 * time.Second // a hold that moves by less is not news
	typesShow = 5                // process types named in a line
)

// progress remembers what was shown last.
type progress struct {
	shown bool
	at    time.Duration
	news
	hold      time.Duration
	told      map[string]bool
	explained bool // what a hidden dyno is
}

// news is the part of a line whose every change is worth another one. Why a hold
// is not proof yet comes and goes within seconds, so the reason is not part of it.
type news struct{ what, counts string }

func newsOf(p rollout.Picture) news {
	what := target(p) + ": " + waiting(p)
	if p.Trouble != "" {
		what += " in trouble"
	}
	return news{what, strings.Join(counts(p), ", ")}
}

// next returns the line to show, empty if there is none to show now, and when to
// ask again. In place there can be one for every change and every second; in a log a
// burst of changes is one line.
func (g *progress) next(p rollout.Picture, inPlace bool) (line string, again time.Duration) {
	n := newsOf(p)
	moved := (p.HoldUntil-g.hold).Abs() >= holdMoved || (p.HoldUntil == 0) != (g.hold == 0)
	wait := heartbeat
	switch {
	case n.what != g.what:
		wait = pause
	case n != g.news || moved:
		wait = countsGap
	}
	if inPlace {
		wait = pause
	}
	fresh := inPlace && n != g.news
	if due := g.at + wait; g.shown && p.At < due && !fresh {
		return "", due
	}
	*g = progress{shown: true, at: p.At, news: n, hold: p.HoldUntil, told: g.told, explained: g.explained}
	again = p.At + heartbeat
	if inPlace {
		again = p.At + pause
	}
	return sentence(p), again
}

// notices returns those that were not told yet.
func (g *progress) notices(p rollout.Picture) []string {
	var fresh []string
	for _, n := range p.Notices {
		if !g.told[n] {
			if g.told == nil {
				g.told = map[string]bool{}
			}
			g.told[n] = true
			fresh = append(fresh, n)
		}
	}
	return fresh
}

// brief is the line for a narrow terminal: the process types as one.
func brief(p rollout.Picture) string {
	if len(p.Types) < 2 {
		return sentence(p)
	}
	return sentenceWith(p, []string{"all " + numbers(sum(p.Types))})
}

// sentence is the whole line.
func sentence(p rollout.Picture) string { return sentenceWith(p, counts(p)) }

func sentenceWith(p rollout.Picture, counts []string) string {
	parts := append([]string{target(p)}, counts...)
	var last []string
	if w := waiting(p); w != "" {
		last = append(last, "waiting for "+w)
		if l := limit(p); l != "" {
			last = append(last, l)
		}
	}
	if p.Trouble != "" {
		last = append(last, "trouble: "+p.Trouble)
	}
	if len(last) > 0 {
		parts = append(parts, strings.Join(last, "; "))
	}
	return strings.Join(parts, " · ")
}

// target is the release, with its status unless that is the ordinary one; the app
// while the release is not known.
func target(p rollout.Picture) string {
	if p.Target == nil {
		if p.App.Name == "" {
			return "no release yet"
		}
		return p.App.Name
	}
	s := release(p)
	if !p.Target.Deployed() {
		s += " " + p.Target.Status
	}
	if p.SupersededBy != 0 {
		s += fmt.Sprintf(", followed by v%d", p.SupersededBy)
	}
	return s
}

func release(p rollout.Picture) string {
	if p.Target == nil {
		return ""
	}
	return fmt.Sprintf("v%d", p.Target.Version)
}

// counts is one part for each process type; of very many, those that are waited
// for come first and the rest is summed up.
func counts(p rollout.Picture) []string {
	ts := p.Types
	if len(ts) > typesShow {
		ts = slices.Clone(ts)
		slices.SortStableFunc(ts, func(a, b rollout.TypePicture) int { return outstanding(b) - outstanding(a) })
	}
	var parts []string
	for _, t := range ts[:min(len(ts), typesShow)] {
		parts = append(parts, t.Type+" "+numbers(t))
	}
	if left := len(ts) - typesShow; left > 0 {
		parts = append(parts, count(left, "more type")+" "+numbers(sum(ts[typesShow:])))
	}
	return parts
}

// sum is what runs of several types together.
func sum(ts []rollout.TypePicture) (all rollout.TypePicture) {
	for i, t := range ts {
		all.Wanted += t.Wanted
		all.Up += t.Up
		all.Starting += t.Starting
		all.Crashed += t.Crashed
		all.OldListed += t.OldListed
		all.OldHidden += t.OldHidden
		all.Basis = weaker(all.Basis, t.Basis, i == 0)
	}
	return all
}

// weaker is the basis of two types together, of which the first may be none yet.
func weaker(a, b rollout.Basis, first bool) rollout.Basis {
	if first || b == "" || a == rollout.Proven {
		return b
	}
	return a
}

// outstanding is 1 while a type is waited for.
func outstanding(t rollout.TypePicture) int {
	if t.OldListed+t.OldHidden > 0 || t.Up < t.Wanted {
		return 1
	}
	return 0
}

// numbers is what runs of a type: "2/8 new up, 2 starting, 4 old listed, 1 old hidden".
func numbers(t rollout.TypePicture) string {
	parts := []string{fmt.Sprintf("%d/%d new up", t.Up, t.Wanted)}
	for _, n := range []struct {
		n    int
		what string
	}{
		{t.Starting, "starting"}, {t.Crashed, "crashed"}, {t.OldListed, "old listed"}, {t.OldHidden, "old hidden"},
	} {
		if n.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.n, n.what))
		}
	}
	if t.OldListed+t.OldHidden == 0 {
		parts = append(parts, t.Basis.Known(0).Words().Line)
	}
	return strings.Join(parts, ", ")
}

// waiting is what is waited for. How many dynos of which type stands before it in
// the line, so it is not said again.
func waiting(p rollout.Picture) string {
	if p.Waiting == "" || p.Target == nil || !p.Target.Deployed() {
		return p.Waiting
	}
	var parts []string
	if p.OldRemaining > 0 || p.HoldUntil > 0 {
		parts = append(parts, "old dynos to end")
	}
	if p.NewUp < p.NewWanted {
		parts = append(parts, "new dynos to be up")
	}
	if len(parts) == 0 {
		return p.Waiting
	}
	return strings.Join(parts, " and ")
}

// limit is how the wait ends at the latest: by the end of a hold, or by the timeout.
func limit(p rollout.Picture) string {
	timeout := ""
	if p.Timeout > 0 {
		timeout = "timeout at " + observe.Span(p.Timeout).String()
	}
	if p.HoldUntil <= 0 {
		return timeout
	}
	gone := "presumed gone at " + observe.Span(p.HoldUntil).String()
	why := holdReason(p)
	switch {
	case p.RequireProof:
		gone = "proof is required"
	case p.Log == observe.Flowing && why == "":
		gone = "proof by the log, or " + gone
	}
	if why != "" {
		gone += " (" + why + ")"
	}
	if timeout != "" && (p.RequireProof || p.HoldUntil > p.Timeout || p.NewUp < p.NewWanted) {
		gone += "; " + timeout
	}
	return gone
}

// holdReason is why the last of the holds is not proof; empty where proof is due.
func holdReason(p rollout.Picture) string {
	for _, t := range p.Types {
		if t.HoldUntil == p.HoldUntil && t.HoldReason != rollout.ExitDue {
			return t.HoldReason
		}
	}
	return ""
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
