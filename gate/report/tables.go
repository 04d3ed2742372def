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
	mostMoments = 120
	mostTypes   = 50
	mostDynos   = 50
)

// timeline is every moment, or the first and last ones of very many.
func timeline(p rollout.Picture) string {
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
	return fmt.Sprintf("### Timeline\n\n%s\nTimes are UTC%s.\n",
		table([]string{"Clock", "Since release", "What", "Known from"}, rows), date(p.Moments[0].Time))
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
		gone := markdown(string(t.Basis))
		if gone == "" {
			gone = "no"
		}
		rows = append(rows, []string{markdown(t.Type), strconv.Itoa(t.Wanted), strconv.Itoa(t.Up),
			positive(t.Starting), positive(t.Crashed), positive(t.OldListed), positive(t.OldHidden), gone})
	}
	return "### Process types\n\n" +
		table([]string{"Type", "Wanted", "New up", "Starting", "Crashed", "Old listed", "Old hidden", "Old gone"}, rows) +
		more(len(p.Types), mostTypes)
}

var dynoHead = []string{"Dyno", "Release", "State", "New up", "Old hidden", "Old gone", "Known", "Crashes"}

// dynoRows is a row for each label, its texts written by write; of very many labels,
// those with news come first.
func dynoRows(p rollout.Picture, write func(string) string) [][]string {
	ds := p.Dynos
	if len(ds) > mostDynos {
		ds = slices.Clone(ds)
		slices.SortStableFunc(ds, func(a, b rollout.DynoPicture) int { return interest(b) - interest(a) })
		ds = ds[:mostDynos]
	}
	var rows [][]string
	for _, d := range ds {
		version := ""
		if d.Version > 0 {
			version = fmt.Sprintf("v%d", d.Version)
			if d.Old {
				version += " (old)"
			}
		}
		rows = append(rows, []string{write(d.Label), version, write(d.State), distance(d.UpAt, p),
			positive(d.Hidden), distance(d.GoneAt, p), write(string(d.Basis)), positive(d.Crashes)})
	}
	return rows
}

func dynos(p rollout.Picture) string {
	if len(p.Dynos) == 0 {
		return ""
	}
	return fmt.Sprintf("<details><summary>Dynos (%d)</summary>\n\n%s%s\n</details>\n", len(p.Dynos),
		table(dynoHead, dynoRows(p, markdown)), more(len(p.Dynos), mostDynos))
}

// dynoSpare are the columns that a narrow table leaves out, the least needed first.
var dynoSpare = []string{"New up", "State", "Known", "Crashes"}

// fleetTable is the same table for the log, as it stood at the end. width is that of the
// terminal; 0 is no limit.
func fleetTable(p rollout.Picture, width int) excerpt {
	if len(p.Dynos) == 0 {
		return excerpt{}
	}
	short := func(s string) string { return cut(s, 40) }
	if width > 0 {
		width = max(width-len(foreign), 1)
	}
	lines := aligned(append([][]string{dynoHead}, dynoRows(p, short)...), dynoSpare, width)
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

// positive is n, or nothing for 0: a table is easier to read without zeros.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// table is a table of cells that are Markdown already.
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
