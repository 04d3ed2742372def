// Escaping: text from outside becomes inert text, which does no harm wherever it is printed.
//
// Names, descriptions, messages and log lines can contain anything. The runner
// runs "::cmd::" at the start of a line (after spaces) and "##[cmd]"
// anywhere in a line. A terminal runs escape codes. Bidi controls mislead
// the reader. Markdown has links, mentions, tables and formulas. After text(), a
// value is one line of visible characters without commands. markdown() makes
// such a line safe in the summary. A reader can see where something was changed.

package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text makes s inert, removes secrets, and cuts it at limit characters.
func (r *Report) text(s string, limit int) string {
	return r.line(strings.TrimLeftFunc(s, unicode.IsSpace), limit)
}

// line is the same as text, but keeps the indentation.
func (r *Report) line(s string, limit int) string {
	s = plain(r.secrets.redact(s))
	s = r.secrets.redact(s) // again: an escape code may have split a secret, and plain has removed the code
	return cut(defuse(s), limit)
}

// escapeCodes are the escape codes of a terminal, such as colours, titles and links.
var escapeCodes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)")

// plain turns s into one line of visible characters and spaces.
func plain(s string) string {
	if strings.IndexByte(s, '\x1b') >= 0 {
		s = escapeCodes.ReplaceAllString(s, "")
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.Is(unicode.Variation_Selector, c): // part of many emoji
			return -1
		case !unicode.IsPrint(c), // control characters, bidi controls, invisible characters, broken UTF-8
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c): // invisible letters
			return utf8.RuneError
		}
		return c
	}, s)
	return strings.TrimRight(s, " ")
}

// defuse changes workflow commands so that the runner does not run them:
// https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
func defuse(s string) string {
	if t := strings.TrimLeft(s, " "); strings.HasPrefix(t, "::") {
		s = s[:len(s)-len(t)] + ": " + t[1:]
	}
	return strings.ReplaceAll(s, "##[", "# #[")
}

// cut cuts s at limit characters. The last one is then "…".
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit-1 {
			if utf8.RuneCountInString(s[i:]) > 1 {
				return s[:i] + "…"
			}
			break
		}
		n++
	}
	return s
}

// zeroWidth is a space without width. It stops GitHub from making a mention,
// an issue, an emoji or a link of a text after the Markdown was rendered.
const zeroWidth = "&#8203;"

// listMark is what begins a list or a rule at the start of a paragraph.
var listMark = regexp.MustCompile(`^(?:[-+=]|[0-9]+[.)])`)

// afterColon is the text after a colon in a time of day, such as 12:05. It gets no zeroWidth, since people
// copy such times. It cannot be an emoji: none has a name of two digits.
var afterColon = regexp.MustCompile(`^[0-9]{2}(?:[^0-9A-Za-z_+-]|$)`)

// markdown escapes inert text for the summary: in a paragraph, in a table or in HTML.
// Entities cannot open or close anything in Markdown, not even the cell of a table:
// https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
func markdown(s string) string {
	return inline(strings.TrimLeft(s, " "))
}

// copyable finds what people copy from a sentence: commands that only read and contain only names, and the
// address of Heroku's status page.
var copyable = regexp.MustCompile(`"(heroku (?:ps|logs|releases|releases:output v[0-9]+)(?: --app [a-z0-9-]+)?)"|https://status\.heroku\.com\b`)

// prose is the same as markdown, but leaves what people copy without invisible characters.
func prose(s string) string {
	s = strings.TrimLeft(s, " ")
	var b strings.Builder
	at := 0
	for _, m := range copyable.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(inline(s[at:m[0]]))
		if m[2] >= 0 {
			b.WriteString("`" + s[m[2]:m[3]] + "`")
		} else {
			b.WriteString("<" + s[m[0]:m[1]] + ">")
		}
		at = m[1]
	}
	b.WriteString(inline(s[at:]))
	return b.String()
}

// inline escapes a part of a line.
func inline(s string) string {
	var b strings.Builder
	if listMark.MatchString(s) {
		fmt.Fprintf(&b, "&#%d;", s[0])
		s = s[1:]
	}
	for i, c := range s {
		switch c {
		case '@', '#':
			fmt.Fprintf(&b, "&#%d;%s", c, zeroWidth)
		case '$': // https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
			b.WriteString("<span>&#36;</span>")
		case ':':
			b.WriteByte(':')
			if next := s[i+1:]; next != "" && next[0] != ' ' && !afterColon.MatchString(next) {
				b.WriteString(zeroWidth)
			}
		case '\\', '`', '*', '_', '[', ']', '{', '}', '<', '>', '&', '|', '~', '!', '"', '\'':
			fmt.Fprintf(&b, "&#%d;", c)
		default:
			b.WriteRune(c)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www"+zeroWidth+".")
}

// fenced makes a block of code of inert lines. Its fence is so long that no line can close it.
func fenced(lines []string, language string) string {
	fence, run := 3, 0
	for _, c := range strings.Join(lines, "\n") {
		if c != '`' {
			run = 0
			continue
		}
		run++
		fence = max(fence, run+1)
	}
	ticks := strings.Repeat("`", fence)
	return ticks + language + "\n" + strings.Join(lines, "\n") + "\n" + ticks + "\n"
}
