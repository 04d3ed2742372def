// Excerpts: lines that somebody else wrote. Their number and their length are limited.

package report

import "fmt"

const (
	excerptLines = 200 // of one excerpt in the log
	keptLines    = 30  // of one excerpt in the summary, where it is not folded
	keptExcerpts = 10  // in the summary
	lineLength   = 500
)

type excerpt struct {
	title string
	lines []string
}

// newExcerpt makes title and lines inert. Lines may have been cut before, even within a secret. If there are
// too many lines, it takes the last ones.
func (r *Report) newExcerpt(title string, lines []string) excerpt {
	x := excerpt{title: r.text(title, nameLength)}
	for _, l := range last(lines, excerptLines) {
		x.lines = append(x.lines, r.line(r.secrets.redactCut(l), lineLength))
	}
	return x
}

// keep keeps an excerpt for the summary.
func (r *Report) keep(x excerpt) {
	x.lines = last(x.lines, keptLines)
	r.excerpts = last(append(r.excerpts, x), keptExcerpts)
}

func (x excerpt) markdown() string {
	return fmt.Sprintf("### %s\n\n%s", markdown(capital(x.title)), fenced(x.lines, "text"))
}

func last[T any](s []T, n int) []T {
	return s[max(0, len(s)-n):]
}
