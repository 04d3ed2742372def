// The table of what several runs have shown of Heroku.

package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"heroku-rollout-gate/gate/measure"
)

// measuredColumns are the columns after those that name the row. The cell comes from span or from bounds; the
// other is nil.
var measuredColumns = []struct {
	head   string
	span   func(measure.Type) measure.Figure
	bounds func(measure.Figures) measure.Range
}{
	{head: "first kill", span: func(t measure.Type) measure.Figure { return t.FirstKill }},
	{head: "last kill", span: func(t measure.Type) measure.Figure { return t.LastKill }},
	{head: "apart", span: func(t measure.Type) measure.Figure { return t.Apart }},
	{head: "to exit", span: func(t measure.Type) measure.Figure { return t.Stop }},
	{head: "at most", span: func(t measure.Type) measure.Figure { return t.LongestStop }},
	{head: "last exit", span: func(t measure.Type) measure.Figure { return t.LastEnd }},
	{head: "hold", span: func(t measure.Type) measure.Figure { return t.Hold }},
	{head: "spare", span: func(t measure.Type) measure.Figure { return t.Spare }},
	{head: "list behind", bounds: func(f measure.Figures) measure.Range { return f.List }},
	{head: "log behind", bounds: func(f measure.Figures) measure.Range { return f.Log }},
}

// measuredOptional are the columns that a narrow table leaves out, the least important first.
var measuredOptional = []string{"at most", "last exit", "apart", "release", "log behind", "list behind", "dynos", "to exit"}

// measuredLegend stands below the table.
var measuredLegend = []string{
	"Kill: SIGTERM of an old process. Kills, last exit and hold: since Heroku called the release finished. Apart: the average time between two kills. To exit: from SIGTERM to exit, the median and the longest.",
	"Hold: when the hold ended, or would have ended without proof. Spare: from the last exit to the end of the hold; below 0, the hold was too short.",
}

// A measuredTable has a row for each process type of each recording.
type measuredTable struct {
	text    func(string) string // makes the name of a recording harmless
	rows    []measuredRow
	reasons []string
}

type measuredRow struct {
	kind    string
	run     measure.Figures
	figures measure.Type
	cells   []string
}

// kindOf is the process type as the table names it. With preboot it is a kind of its own, with its own medians.
func kindOf(t measure.Type) string {
	if t.Preboot {
		return t.Name + ", preboot"
	}
	return t.Name
}

// add adds the rows of a recording.
func (m *measuredTable) add(run MeasuredRun) {
	name := lastCharacters(m.text(run.Recording), longestName)
	for _, t := range run.Types {
		row := measuredRow{kind: cut(kindOf(t), 40), run: run.Figures, figures: t}
		dynos := strconv.Itoa(t.Dynos)
		if t.Told < t.Dynos {
			dynos = fmt.Sprintf("%d of %d", t.Told, t.Dynos)
		}
		if t.Dynos == 0 && !t.LastEnd.NotApplicable {
			dynos = notSeen
		}
		row.cells = []string{name, fmt.Sprintf("v%d", run.Release), row.kind, dynos}
		for _, c := range measuredColumns {
			cell := notSeen
			switch {
			case c.bounds == nil && c.span(t).Seen:
				cell = tenths(c.span(t).Span)
			case c.bounds == nil && c.span(t).NotApplicable:
				cell = "–"
			case c.bounds == nil:
				m.addReason(name+", "+row.kind, c.span(t).Why)
			case c.bounds(run.Figures).Seen:
				cell = within(c.bounds(run.Figures))
			default:
				m.addReason(name+", "+strings.TrimSuffix(c.head, " behind"), c.bounds(run.Figures).Why)
			}
			row.cells = append(row.cells, cell)
		}
		m.rows = append(m.rows, row)
	}
	if len(run.Types) == 0 {
		m.addReason(name, "no process type was seen")
	}
}

// addReason adds the reason why a figure was not seen, each only once.
func (m *measuredTable) addReason(of, why string) {
	if reason := of + ": " + why; !slices.Contains(m.reasons, reason) {
		m.reasons = append(m.reasons, reason)
	}
}

// medians has one row for each kind of process type that has at least two rows in the table.
func (m *measuredTable) medians() (rows [][]string) {
	var kinds []string
	for _, row := range m.rows {
		if !slices.Contains(kinds, row.kind) {
			kinds = append(kinds, row.kind)
		}
	}
	for _, kind := range kinds {
		of := slices.DeleteFunc(slices.Clone(m.rows), func(r measuredRow) bool { return r.kind != kind })
		if len(of) < 2 {
			continue
		}
		cells := []string{fmt.Sprintf("median of %d", len(of)), "", kind, ""}
		for _, c := range measuredColumns {
			var spans []measure.Figure
			var ranges []measure.Range
			for _, row := range of {
				if c.bounds == nil {
					spans = append(spans, c.span(row.figures))
				} else {
					ranges = append(ranges, c.bounds(row.run))
				}
			}
			cell, n := notSeen, 0
			if c.bounds == nil {
				var middle measure.Figure
				if middle, n = measure.Median(spans); n > 0 {
					cell = tenths(middle.Span)
				}
			} else {
				var middle measure.Range
				if middle, n = measure.MedianRange(ranges); n > 0 {
					cell = within(middle)
				}
			}
			if 0 < n && n < len(of) {
				cell += fmt.Sprintf(" (of %d)", n)
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	return rows
}

// lines returns the table, the legend, and the reasons why figures were not seen.
func (m *measuredTable) lines(width int) []string {
	head := []string{"recording", "release", "type", "dynos"}
	for _, c := range measuredColumns {
		head = append(head, c.head)
	}
	rows := [][]string{head}
	for _, row := range m.rows {
		rows = append(rows, row.cells)
	}
	lines := aligned(append(rows, m.medians()...), measuredOptional, width)
	lines = append(lines, "")
	for _, l := range measuredLegend {
		lines = append(lines, fold(l, width, 0))
	}
	if len(m.reasons) > 0 {
		lines = append(lines, "", "not seen:")
		for _, reason := range m.reasons {
			lines = append(lines, fold("  "+reason, width, 4))
		}
	}
	return lines
}
