// Inert text, case by case.

package report

import (
	"html"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTextIsInert(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	r.Mask("hunter22")
	for name, test := range map[string]struct{ in, want string }{
		"ordinary":           {"release v42: Zoë's 10 € fix", "release v42: Zoë's 10 € fix"},
		"command":            {"::error::x", ": :error::x"},
		"command, blanks":    {" \t\u00a0\u2003::error::x", ": :error::x"},
		"command, new line":  {"a\n::error::x", "a ::error::x"},
		"command, inside":    {"std::string", "std::string"},
		"old command":        {"a ##[error]x", "a # #[error]x"},
		"old command, more":  {"a ####[error]x", "a ### #[error]x"},
		"old, torn by codes": {"#\x1b[0m#\x1b[31m[error]", "# #[error]"},
		"line ends":          {"a\r\nb\rc\x0bd\x0ce\u0085f\u2028g\u2029h", "a  b c d e f g h"},
		"colours":            {"\x1b[1;31mred\x1b[0m", "red"},
		"title":              {"\x1b]0;evil\x07x\x1b]8;;http://e\x1b\\y", "xy"},
		"control":            {"a\x00b\x08c\x7fd\u009be\x1b", "a�b�c�d�e�"},
		"bidi":               {"a\u202eb\u2066c\u200fd", "a�b�c�d"},
		"no width":           {"a\u200bb\ufeffc\u2060d\U000e0041", "a�b�c�d�"},
		"no shape":           {"a\u3164b\u115fc\u034fd", "a�b�c�d"},
		"variation":          {"\u26a0\ufe0f #\ufe0f#[error]", "\u26a0 # #[error]"},
		"variation, first":   {"\ufe0f::error::x", ": :error::x"},
		"variation, secret":  {"hunt\ufe0fer22", "***"},
		"not UTF-8":          {"a\xff\xfeb", "a��b"},
		"secret":             {"key=hunter22!", "key=***!"},
		"secret, torn":       {"hunt\x1b[0mer22", "***"},
		"secret, base64":     {"Basic Omh1bnRlcjIy", "Basic Om***"},
		"blanks at the end":  {"a \n", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := r.text(test.in, 100); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := r.text(strings.Repeat("é", 1<<20), 10); got != "ééééééééé…" {
		t.Errorf("got %q for a long text", got)
	}
	if got := r.text("éééééééééé", 10); got != "éééééééééé" {
		t.Errorf("got %q for a text that just fits", got)
	}
}

func TestMarkdownIsInert(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a | b":          "a &#124; b",
		"`a` *b* _c_":    "&#96;a&#96; &#42;b&#42; &#95;c&#95;",
		"<b> & &lt;":     "&#60;b&#62; &#38; &#38;lt;",
		"@a #1":          "&#64;&#8203;a &#35;&#8203;1",
		"[a](b) ![c](d)": "&#91;a&#93;(b) &#33;&#91;c&#93;(d)",
		"note: http://e": "note: http:&#8203;//e",
		"www.e.org":      "www&#8203;.e.org",
		"$x$":            "<span>&#36;</span>x<span>&#36;</span>",
		"- a -":          "&#45; a -",
		"12. a":          "&#49;2. a",
		"3 dynos":        "3 dynos",
		`\~`:             "&#92;&#126;",
		"v42 web.1 (up)": "v42 web.1 (up)",
	} {
		if got := markdown(in); got != want {
			t.Errorf("markdown(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNoLineClosesItsFence(t *testing.T) {
	t.Parallel()
	want := "`````text\na\n````\n`````\n"
	if got := fenced([]string{"a", "````"}, "text"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzText(f *testing.F) {
	f.Add(evil)
	f.Add("hunt\x1b[0mer22 \x1b]0;hunter22\x07 aHVudGVyMjI= ####[error]x")
	r := New(Options{})
	r.Mask("hunter22")
	ours := strings.NewReplacer(zeroWidth, "")
	f.Fuzz(func(t *testing.T, in string) {
		got := r.text(in, 80)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 80 {
			t.Errorf("not valid or too long: %q", got)
		}
		if strings.ContainsFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("something that cannot be seen: %q", got)
		}
		if strings.ContainsFunc(got, func(c rune) bool {
			return unicode.In(c, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
		}) {
			t.Errorf("something without a shape: %q", got)
		}
		if strings.HasPrefix(strings.TrimSpace(got), "::") || strings.Contains(got, "##[") {
			t.Errorf("a command: %q", got)
		}
		if strings.Contains(got, "hunter22") || strings.Contains(got, "aHVudGVyMjI") {
			t.Errorf("the secret: %q", got)
		}

		page := markdown(got)
		text := ours.Replace(strings.ReplaceAll(page, "<span>&#36;</span>", "&#36;"))
		// Blanks at the beginning would make a block of code of it.
		if back, want := html.UnescapeString(text), strings.TrimLeft(got, " "); back != want {
			t.Errorf("Markdown reads %q, want %q", back, want)
		}
		if strings.ContainsAny(text, "`*_[]{}<>|~!\\@$") {
			t.Errorf("Markdown that works: %q", page)
		}
	})
}
