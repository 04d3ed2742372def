// Progress: when the gate prints a line, and what the line says. From left to
// right: the release, the dynos of each process type, what the gate waits for, and
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
	longestPause = 30 * time.Second // the longest time without a line
	shortPause   = time.Second      // the shortest time between two lines
	countsPause  = 3 * time.Second  // the same if only numbers changed: Heroku replaces a large formation for minutes
	holdMoved    = 10 * time.Second // if the end of a hold moves by less, there is no new line for it
	typesInLine  = 5                // how many process types a line names
)

// progress remembers what was shown last.
type progress struct {
	shown bool // a line was shown
	at    time.Duration
	news
	hold      time.Duration
	notified  map[string]bool // the notices that were shown
	explained bool            // the log has said what a hidden dyno is
}

// news is the part of a line for which every change brings a new line. The reason why a hold
// is not proven yet is no part of it, since it changes within seconds.
type news struct{ what, counts string }

func newsOf(p rollout.Picture) news {
	what := target(p) + ": " + waiting(p)
	if p.Trouble != "" {
		what += " in trouble"
	}
	return news{what, strings.Join(counts(p), ", ")}
}

// next returns the line to show, empty if there is none now, and when to ask again, in the time of the wait.
// A line that is updated in place changes with every change and every second. In a log, several changes in a
// short time bring one line.
func (g *progress) next(p rollout.Picture, inPlace bool) (line string, again time.Duration) {
	n := newsOf(p)
	moved := (p.HoldUntil-g.hold).Abs() >= holdMoved || (p.HoldUntil == 0) != (g.hold == 0)
	wait := longestPause
	switch {
	case n.what != g.what:
		wait = shortPause
	case n != g.news || moved:
		wait = countsPause
	}
	if inPlace {
		wait = shortPause
	}
	fresh := inPlace && n != g.news
	if due := g.at + wait; g.shown && p.At < due && !fresh {
		return "", due
	}
	*g = progress{shown: true, at: p.At, news: n, hold: p.HoldUntil, notified: g.notified, explained: g.explained}
	again = p.At + longestPause
	if inPlace {
		again = p.At + shortPause
	}
	return sentence(p), again
}

// newNotices returns the notices that it has not returned before.
func (g *progress) newNotices(p rollout.Picture) []string {
	var fresh []string
	for _, n := range p.Notices {
		if !g.notified[n] {
			if g.notified == nil {
				g.notified = map[string]bool{}
			}
			g.notified[n] = true
			fresh = append(fresh, n)
		}
	}
	return fresh
}

// brief is the line for a narrow terminal: all process types together.
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

// target names the release, and its status unless the release is deployed. While no release is known, it names
// the app.
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

// counts has one part for each process type. If there are more than typesInLine, the types that the gate waits
// for come first, and the last part is the sum of the rest.
func counts(p rollout.Picture) []string {
	ts := p.Types
	if len(ts) > typesInLine {
		ts = slices.Clone(ts)
		slices.SortStableFunc(ts, func(a, b rollout.TypePicture) int { return outstanding(b) - outstanding(a) })
	}
	var parts []string
	for _, t := range ts[:min(len(ts), typesInLine)] {
		parts = append(parts, t.Type+" "+numbers(t))
	}
	if left := len(ts) - typesInLine; left > 0 {
		parts = append(parts, count(left, "more type")+" "+numbers(sum(ts[typesInLine:])))
	}
	return parts
}

// sum adds up several process types.
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

// weaker is the basis of two process types together. first: there is only b yet.
func weaker(a, b rollout.Basis, first bool) rollout.Basis {
	if first || b == "" || a == rollout.Proven {
		return b
	}
	return a
}

// outstanding is 1 while the gate waits for a process type, otherwise 0.
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

// waiting says what the gate waits for. It gives no numbers: the line has them already.
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

// limit says when and how the wait ends at the latest: with the end of a hold, or with the timeout.
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

// holdReason is why there is no proof for the process type with the longest hold; empty if proof is expected.
func holdReason(p rollout.Picture) string {
	for _, t := range p.Types {
		if t.HoldUntil == p.HoldUntil && t.HoldReason != rollout.ExitDue {
			return t.HoldReason
		}
	}
	return ""
}

// lastLine is the state at the end, unless that was shown already, and the number of requests.
func lastLine(e Ending, shown bool) string {
	if shown {
		return cost(e)
	}
	parts := append([]string{target(e.Picture)}, counts(e.Picture)...)
	return strings.Join(append(parts, cost(e)), " · ")
}

// cost says how many requests the wait took, and how many the account has left.
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

// count writes "1 dyno" or "2 dynos".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
