// Fitting to the width of a terminal. A status line is cut, a sentence is continued on the next line, and a
// table leaves out its least important columns.

package report

import (
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// In a terminal that is narrower than this, a table leaves out empty columns.
const narrow = 100

// fold breaks a sentence between words so that no line is wider than width. It indents
// all lines except the first. A width of 0 is no limit.
func fold(s string, width, indent int) string {
	if width <= 0 || utf8.RuneCountInString(s) <= width {
		return s
	}
	if indent > width/2 {
		indent = 0
	}
	words := strings.TrimLeft(s, " ")
	first := s[:len(s)-len(words)]
	var lines []string
	line := first
	for word := range strings.SplitSeq(words, " ") {
		for {
			room := width - utf8.RuneCountInString(line)
			begun := strings.TrimLeft(line, " ") != ""
			if begun {
				room--
			}
			n := utf8.RuneCountInString(word)
			switch {
			case n <= room && begun:
				line += " " + word
			case n <= room:
				line += word
			case begun:
				lines, line = append(lines, line), strings.Repeat(" ", indent)
				continue
			default: // an id or an address that is longer than a line: split it
				head := string([]rune(word)[:max(room, 1)])
				lines, line, word = append(lines, line+head), strings.Repeat(" ", indent), word[len(head):]
				continue
			}
			break
		}
	}
	return strings.Join(append(lines, line), "\n")
}

// aligned aligns the columns of a table; the first row is the head. To fit into width, it leaves out empty
// columns, then the columns named in optional, in that order, and finally cuts the lines. A width of 0 is no
// limit.
func aligned(rows [][]string, optional []string, width int) []string {
	if width > 0 && width < narrow {
		for _, name := range slices.Clone(rows[0]) {
			if i := slices.Index(rows[0], name); !slices.ContainsFunc(rows[1:], func(cells []string) bool { return cells[i] != "" }) {
				rows = withoutColumn(rows, i)
			}
		}
	}
	lines := columns(rows)
	for _, name := range optional {
		if i := slices.Index(rows[0], name); i > 0 && width > 0 && widest(lines) > width {
			rows = withoutColumn(rows, i)
			lines = columns(rows)
		}
	}
	if width > 0 {
		for i := range lines {
			lines[i] = cut(lines[i], width)
		}
	}
	return lines
}

func withoutColumn(rows [][]string, column int) [][]string {
	var left [][]string
	for _, cells := range rows {
		left = append(left, slices.Delete(slices.Clone(cells), column, column+1))
	}
	return left
}

func columns(rows [][]string) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		w.Write([]byte(strings.Join(cells, "\t") + "\n"))
	}
	w.Flush()
	var lines []string
	for l := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimRight(l, " \n"))
	}
	return lines
}

func widest(lines []string) (most int) {
	for _, l := range lines {
		most = max(most, utf8.RuneCountInString(l))
	}
	return most
}
