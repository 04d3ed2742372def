// Escaping: what comes from outside becomes inert text, once, at the door.
//
// Names, descriptions, messages and log lines can hold anything. The runner
// obeys "::cmd::" at the start of a line (blanks are skipped) and "##[cmd]"
// anywhere in it; a terminal obeys escape codes; a reader is fooled by bidi
// controls; Markdown has links, mentions, tables and formulas. After text() a
// value is one line of visible characters without commands; markdown() makes
// such a line safe in the summary. What was changed stays visible.

package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text is s as inert text of at most limit characters, without secrets.
func (r *Report) text(s string, limit int) string {
	return r.line(strings.TrimLeftFunc(s, unicode.IsSpace), limit)
}

// line is text that keeps its indentation.
func (r *Report) line(s string, limit int) string {
	s = plain(r.secrets.redact(s))
	s = r.secrets.redact(s) // plain may have joined what an escape code had torn apart
	return cut(defuse(s), limit)
}

// escapeCodes are the ones of a terminal: colours and the like, titles and links.
var escapeCodes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)")

// plain is s as one line of visible characters and blanks.
func plain(s string) string {
	if strings.IndexByte(s, '\x1b') >= 0 {
		s = escapeCodes.ReplaceAllString(s, "")
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.Is(unicode.Variation_Selector, c): // part of many an emoji
			return -1
		case !unicode.IsPrint(c), // control characters, bidi controls, invisible ones, halves of UTF-8
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c): // letters without a shape
			return utf8.RuneError
		}
		return c
	}, s)
	return strings.TrimRight(s, " ")
}

// defuse breaks workflow commands apart:
// https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
func defuse(s string) string {
	if t := strings.TrimLeft(s, " "); strings.HasPrefix(t, "::") {
		s = s[:len(s)-len(t)] + ": " + t[1:]
	}
	return strings.ReplaceAll(s, "##[", "# #[")
}

// cut is s with at most limit characters.
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

// blank is a blank without width. It keeps apart what GitHub joins to a mention,
// an issue, an emoji or a link after the Markdown was rendered.
const blank = "&#8203;"

// listMark is what makes a list or a rule at the start of a paragraph.
var listMark = regexp.MustCompile(`^(?:[-+=]|[0-9]+[.)])`)

// timeOf is what follows a colon in a time of day, which people copy. There is no emoji of two digits.
var timeOf = regexp.MustCompile(`^[0-9]{2}(?:[^0-9A-Za-z_+-]|$)`)

// markdown is inert text for the summary, inside a paragraph, a table or HTML.
// Entities cannot open or close anything in Markdown, not even a table's cell:
// https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
func markdown(s string) string {
	return inline(strings.TrimLeft(s, " "))
}

// toCopyFrom finds in a sentence what people copy: commands that only read, with nothing in them but names, and the
// address of Heroku's status page.
var toCopyFrom = regexp.MustCompile(`"(heroku (?:ps|logs|releases|releases:output v[0-9]+)(?: --app [a-z0-9-]+)?)"|https://status\.heroku\.com\b`)

// prose is markdown in which what people copy stands by itself, without a blank that they do not see.
func prose(s string) string {
	s = strings.TrimLeft(s, " ")
	var b strings.Builder
	at := 0
	for _, m := range toCopyFrom.FindAllStringSubmatchIndex(s, -1) {
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

// inline is inert text inside of a line.
func inline(s string) string {
	var b strings.Builder
	if listMark.MatchString(s) {
		fmt.Fprintf(&b, "&#%d;", s[0])
		s = s[1:]
	}
	for i, c := range s {
		switch c {
		case '@', '#':
			fmt.Fprintf(&b, "&#%d;%s", c, blank)
		case '$': // https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
			b.WriteString("<span>&#36;</span>")
		case ':':
			b.WriteByte(':')
			if next := s[i+1:]; next != "" && next[0] != ' ' && !timeOf.MatchString(next) {
				b.WriteString(blank)
			}
		case '\\', '`', '*', '_', '[', ']', '{', '}', '<', '>', '&', '|', '~', '!', '"', '\'':
			fmt.Fprintf(&b, "&#%d;", c)
		default:
			b.WriteRune(c)
		}
	}
	return strings.ReplaceAll(b.String(), "www.", "www"+blank+".")
}

// fenced is inert lines as a block of code in a language, in a fence that no line can close.
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
