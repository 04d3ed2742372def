// Tables of the summary: the timeline, the process types and the dynos.

package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

const (
	// The most rows of each table.
	mostMoments = 120
	mostTypes   = 50
	mostDynos   = 50
)

// timeline lists all moments; if there are too many, the first and the last ones. If the gate passed, the
// timeline is folded, so that the page fits on a screen.
func timeline(e Ending) string {
	p := e.Picture
	if len(p.Moments) == 0 {
		return ""
	}
	var rows [][]string
	for i, m := range p.Moments {
		if skip := len(p.Moments) - mostMoments; skip > 0 && i >= mostMoments/2 && i < mostMoments/2+skip {
			if i == mostMoments/2 {
				rows = append(rows, []string{"…", "", fmt.Sprintf("%d more", skip), ""})
			}
			continue
		}
		rows = append(rows, []string{timeOfDay(m.Time), distance(m.Time, p), markdown(m.What), markdown(string(m.Source))})
	}
	text := fmt.Sprintf("%s\nTimes are UTC%s.\n", table([]string{"Clock", "Since release", "What", "Known from"}, rows), date(p.Moments[0].Time))
	if e.Verdict.Result == rollout.Passed {
		return folded("Timeline", text)
	}
	return "### Timeline\n\n" + text
}

func folded(title, text string) string {
	return fmt.Sprintf("<details><summary>%s</summary>\n\n%s\n</details>\n", title, text)
}

func timeOfDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.TimeOnly)
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", " + t.UTC().Format("2 January 2006")
}

func types(p rollout.Picture) string {
	if len(p.Types) == 0 {
		return ""
	}
	var rows [][]string
	for i, t := range p.Types {
		if i == mostTypes {
			break
		}
		rows = append(rows, []string{markdown(t.Type), strconv.Itoa(t.Wanted), strconv.Itoa(t.Up),
			positive(t.Starting), positive(t.Crashed), markdown(oldOfType(t))})
	}
	text := "### Process types\n\n" + table(withoutEmpty([]string{"Type", "Wanted", "New up", "Starting", "Crashed", "Old code"}, rows)) +
		more(len(p.Types), mostTypes)
	if anyHidden(p.Types[:min(len(p.Types), mostTypes)]) {
		text += "\nHidden: " + hidden + ".\n"
	}
	return text
}

// hidden explains what a hidden old dyno is.
const hidden = "no longer in the dyno list, and not known to have ended"

func anyHidden(ts []rollout.TypePicture) bool {
	return slices.ContainsFunc(ts, func(t rollout.TypePicture) bool { return t.OldHidden > 0 })
}

// oldOfType says what is known about the old dynos of a process type: "2 in the dyno list, 1 hidden", or
// "may run: 1 hidden".
func oldOfType(t rollout.TypePicture) string {
	var counts []string
	if t.OldListed > 0 {
		counts = append(counts, fmt.Sprintf("%d %s", t.OldListed, rollout.Seen.Words().Bar))
	}
	if t.OldHidden > 0 {
		counts = append(counts, fmt.Sprintf("%d hidden", t.OldHidden))
	}
	words := t.Basis.Known(t.OldListed).Words().Cell
	if t.Basis == rollout.Proven {
		words += " (proven)"
	}
	switch {
	case len(counts) == 0:
		return words
	case t.OldListed > 0:
		return strings.Join(counts, ", ")
	}
	return words + ": " + strings.Join(counts, ", ")
}

// oldOfDyno says what is known about the old dynos of one label.
func oldOfDyno(d rollout.DynoPicture, p rollout.Picture) string {
	listed := 0
	if d.Old {
		listed = 1
	}
	switch words := d.Basis.Known(listed).Words(); {
	case d.Hidden > 1:
		return fmt.Sprintf("%s: %d", words.Cell, d.Hidden)
	case d.GoneAt.IsZero() && d.Basis == rollout.Proven:
		return "" // there was no old dyno
	case d.GoneAt.IsZero() || words.CellAt == "":
		return words.Cell
	default:
		return rollout.Fill(words.CellAt, distance(d.GoneAt, p))
	}
}

// withoutEmpty removes the columns that are empty in every row.
func withoutEmpty(head []string, rows [][]string) ([]string, [][]string) {
	for i := len(head) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(rows, func(r []string) bool { return r[i] != "" }) {
			head = slices.Delete(slices.Clone(head), i, i+1)
			for k := range rows {
				rows[k] = slices.Delete(slices.Clone(rows[k]), i, i+1)
			}
		}
	}
	return head, rows
}

// dynoHead are the columns of the table of dynos; empty columns are left out.
var dynoHead = []string{"Dyno", "Release", "State", "New up", "Old code", "Crashes"}

// dynoTable has a row for each label; if there are too many, for the labels that matter most. write
// escapes or cuts each text.
func dynoTable(p rollout.Picture, write func(string) string) (head []string, rows [][]string) {
	ds := p.Dynos
	if len(ds) > mostDynos {
		ds = slices.Clone(ds)
		slices.SortStableFunc(ds, func(a, b rollout.DynoPicture) int { return interest(b) - interest(a) })
		ds = ds[:mostDynos]
	}
	for _, d := range ds {
		version := ""
		if d.Version > 0 {
			version = fmt.Sprintf("v%d", d.Version)
			if d.Old {
				version += " (old)"
			}
		}
		rows = append(rows, []string{write(d.Label), version, write(d.State), distance(d.UpAt, p),
			write(oldOfDyno(d, p)), positive(d.Crashes)})
	}
	return withoutEmpty(dynoHead, rows)
}

func dynos(p rollout.Picture) string {
	if len(p.Dynos) == 0 {
		return ""
	}
	return folded(fmt.Sprintf("Dynos (%d)", len(p.Dynos)), table(dynoTable(p, markdown))+more(len(p.Dynos), mostDynos))
}

// dynoOptional are the columns that a narrow table leaves out, the least important first.
var dynoOptional = []string{"New up", "State", "Crashes"}

// dynosForLog is the table of dynos for the log, as an excerpt. width is the width of the terminal; 0: no limit.
func dynosForLog(p rollout.Picture, width int) excerpt {
	if len(p.Dynos) == 0 {
		return excerpt{}
	}
	short := func(s string) string { return cut(s, 40) }
	if width > 0 {
		width = max(width-len(foreign), 1)
	}
	head, rows := dynoTable(p, short)
	lines := aligned(append([][]string{head}, rows...), dynoOptional, width)
	if left := len(p.Dynos) - mostDynos; left > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", left))
	}
	return excerpt{title: fmt.Sprintf("dynos at the end (%d)", len(p.Dynos)), lines: lines}
}

// interest is how much a dyno matters when not all can be shown.
func interest(d rollout.DynoPicture) int {
	switch {
	case d.Old || d.Hidden > 0:
		return 2
	case d.Crashes > 0 || d.State != "up":
		return 1
	}
	return 0
}

func more(all, shown int) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf("\nand %d more\n", all-shown)
}

// positive writes n, or nothing for 0: a table is easier to read without zeros.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// table writes a Markdown table. The cells must be Markdown already.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(head)
	row(slices.Repeat([]string{"---"}, len(head)))
	for _, r := range rows {
		row(r)
	}
	return b.String()
}
