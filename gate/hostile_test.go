// A hostile platform: every text that it sends may be a workflow command, mark-up, an
// escape code for a terminal, or the key itself. None of these may have an effect.

package gate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"

	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/report"
)

// evil contains everything dangerous, each twice: in the middle and after a line end.
var evil = strings.Join([]string{
	"::error::pwned", "::set-output name=result::passed", "::stop-commands::x", "::add-mask::a", "##[error]pwned", "%0A::error::pwned%0D",
	"a,title=b:c", "`code` ``` ~~~", "| a | b |", "<script>alert(1)</script><img src=x>", "</details></summary><!--", "-->",
	"[a](https://evil.example) ![i](https://evil.example/i.png)", "https://evil.example www.evil.example evil@evil.example", "@octocat #1 GH-1",
	"$x$ $$y$$ $`z`$", "# head", "- item", "1. item", "> quote", "---", "\tcode", "    code", ":tada: **b** _i_ ~s~", "\\", "&lt;&#64;",
	"gantt\n section x\n a :b, c", "_GitHubActionsFileCommandDelimeter_", "EOF", "result<<EOF", "result=passed",
	"\x00\x07\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;https://evil.example\x1b\\link", "\u202eltr\u2066\u200b\u2060\ufeff\u00ad\u3164\ufe0f::error::pwned",
	"\u0085::error::pwned", "\u2028::error::pwned", "\xff\xfe\xc3", "{\"result\":\"passed\"}", "\"'", testKey,
}, "\r\n  ")

// A rewriter stands between the gate and the platform and changes what comes back.
type rewriter struct {
	base http.RoundTripper
	// texts are the names of JSON members whose strings become evil.
	texts []string
	// stream replaces this part of the app's own lines and commands in a log or an output. Empty: nothing
	// is replaced.
	stream string
	// refuse answers requests whose path matches with this status and an evil body.
	refuse *regexp.Regexp
	status int
	plain  bool // that body is no JSON
	// broken fails requests whose path matches with an error that quotes the address.
	broken *regexp.Regexp
}

func (h *rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
	path := r.URL.Path
	switch {
	case h.broken != nil && h.broken.MatchString(path):
		return nil, fmt.Errorf("Get %q: dial tcp: %s and %s: %s", r.URL, r.URL.RequestURI(), r.URL.RawQuery, evil)
	case h.refuse != nil && h.refuse.MatchString(path):
		body, kind := evil, "text/html"
		if !h.plain {
			b, _ := json.Marshal(map[string]string{"id": evil, "message": evil, "url": evil})
			body, kind = string(b), "application/json"
		}
		header := http.Header{"Request-Id": {evil}, "Content-Type": {kind}, "Date": {evil}, "Ratelimit-Remaining": {evil}, "Retry-After": {evil}}
		return &http.Response{StatusCode: h.status, Status: fmt.Sprint(h.status, " ", evil), Header: header,
			Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
	}
	res, err := h.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(path, "/logplex/") || strings.HasPrefix(path, "/streams/") {
		if h.stream != "" {
			res.Body = &rewritten{res.Body, h.stream, nil}
		}
		return res, nil
	}
	if len(h.texts) == 0 {
		return res, nil
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	var v any
	if json.Unmarshal(text, &v) == nil {
		text, _ = json.Marshal(h.change("", v))
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	res.ContentLength = int64(len(text))
	res.Header.Del("Content-Length")
	return res, nil
}

// change replaces the strings of JSON members with the given names by evil.
func (h *rewriter) change(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = h.change(k, x)
		}
	case []any:
		for i, x := range v {
			v[i] = h.change(name, x)
		}
	case string:
		if slices.Contains(h.texts, name) {
			return v + evil
		}
	}
	return v
}

// rewritten is a stream with evil in it.
type rewritten struct {
	io.ReadCloser
	text    string
	pending []byte
}

func (b *rewritten) Read(p []byte) (int, error) {
	var err error
	if len(b.pending) == 0 {
		var n int
		n, err = b.ReadCloser.Read(p)
		b.pending = p[:n:n]
		for _, own := range []string{"done in", "bundle exec"} {
			b.pending = bytes.ReplaceAll(b.pending, []byte(own), []byte(b.text))
		}
	}
	n := copy(p, b.pending)
	b.pending = b.pending[n:]
	if len(b.pending) > 0 {
		err = nil // the stream says it again
	}
	return n, err
}

func TestHostilePlatform(t *testing.T) {
	t.Parallel()
	everywhere := []string{"description", "commit", "status", "state", "type", "command", "size", "id", "message", "region", "output_stream_url"}
	for name, tc := range map[string]struct {
		scenario string
		h        rewriter
		inputs   map[string]string
		want     string // result
		said     string // a trace of what was made harmless
	}{
		"descriptions":        {"measured-deploy", rewriter{texts: []string{"description", "commit", "size", "command", "region"}}, nil, "passed", "pwned"},
		"every text":          {"measured-deploy", rewriter{texts: everywhere}, map[string]string{"timeout": "2m"}, "timed-out", "pwned"},
		"names":               {"measured-deploy", rewriter{texts: []string{"name", "type"}}, map[string]string{"timeout": "2m"}, "", "pwned"},
		"log session refused": {"measured-deploy", rewriter{refuse: regexp.MustCompile(`/log-sessions$`), status: 403}, map[string]string{"timeout": "1m"}, "timed-out", "pwned"},
		"app refused":         {"measured-deploy", rewriter{refuse: regexp.MustCompile(`^/apps/[^/]*$`), status: 403}, nil, "undecided", "pwned"},
		"all refused, HTML":   {"measured-deploy", rewriter{refuse: regexp.MustCompile(`.`), status: 401, plain: true}, nil, "undecided", "unauthorized"},
		"unavailable":         {"measured-deploy", rewriter{refuse: regexp.MustCompile(`.`), status: 503}, map[string]string{"timeout": "1m"}, "timed-out", "pwned"},
		"address in errors":   {"measured-deploy", rewriter{broken: regexp.MustCompile(`^/logplex/`)}, map[string]string{"timeout": "1m"}, "timed-out", "old-dynos-remain"},
		"API breaks":          {"measured-deploy", rewriter{broken: regexp.MustCompile(`^/apps/`)}, map[string]string{"timeout": "1m"}, "timed-out", "platform-unreachable"},
		"log lines":           {"crash-loop", rewriter{stream: evil}, nil, "failed", "pwned"},
		"log lines of 1 MB":   {"crash-loop", rewriter{stream: strings.Repeat("::error::##[error]`<b>", 1<<20/20)}, nil, "failed", "web.1"},
		"release output":      {"phase-fails", rewriter{stream: evil}, nil, "failed", "release-failed"},
		"release addresses":   {"phase-fails", rewriter{texts: []string{"output_stream_url", "logplex_url"}}, nil, "failed", "release-failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, err := herokusim.Load(tc.scenario)
			if err != nil {
				t.Fatal(err)
			}
			story, err := sc.Play()
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				o := playOver(t, story, sc.AppName(), story.Gate, tc.inputs, 0, func(rt http.RoundTripper) http.RoundTripper {
					tc.h.base = rt
					return &tc.h
				})
				if !o.ended || tc.want != "" && string(o.verdict.Result) != tc.want {
					t.Errorf("verdict %+v, want %s", o.verdict, tc.want)
				}
				all := o.stdout + o.summary + fmt.Sprint(o.outputs)
				if !strings.Contains(all, tc.said) {
					t.Errorf("%q is said nowhere: the hostile text did not arrive", tc.said)
				}
				checkCommands(t, o.stdout, annotationOf(o.verdict), testKey)
				checkOutputs(t, o.outputs)
				checkHarmless(t, o.stdout, o.outputs, o.summary)
				if t.Failed() {
					t.Log(disarmed(fmt.Sprintf("log of the step:\n%.20000s\nsummary:\n%.20000s", o.stdout, o.summary)))
				}
			})
		})
	}
}

// checkHarmless fails if a text contains something that a terminal or GitHub's Markdown
// would obey, or that deceives a reader.
func checkHarmless(t testing.TB, log string, outputs map[string]string, summary string) {
	t.Helper()
	masked := strings.Replace(log, "::add-mask::"+testKey+"\n", "", 1)
	for where, text := range map[string]string{"log": masked, "outputs": strings.Join(outputValues(outputs), "\n"), "summary": summary} {
		if !utf8.ValidString(text) {
			t.Errorf("%s is not UTF-8", where)
		}
		if i := strings.IndexFunc(text, func(c rune) bool {
			return c != '\n' && (!unicode.IsPrint(c) && c != ' ' || unicode.In(c, unicode.Other_Default_Ignorable_Code_Point)) && c != 0xfe0f
		}); i >= 0 {
			t.Errorf("%s holds %q", where, text[i:min(len(text), i+20)])
		}
		for _, bad := range []string{testKey, "/logplex/", "##["} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", where, bad)
			}
		}
	}
	if len(summary) > 1<<20 || len(log) > 1<<20 {
		t.Errorf("log of %d and summary of %d bytes", len(log), len(summary))
	}
	checkMarkdown(t, summary)
}

func outputValues(o map[string]string) []string {
	var vs []string
	for name, v := range o {
		if !slices.Contains(report.OutputNames, name) {
			vs = append(vs, "##[ unknown output "+name) // is found by the caller
		}
		vs = append(vs, v)
	}
	return vs
}

// fence is the beginning of a code block that the gate itself writes.
var fence = regexp.MustCompile("^(```+)(?:text|mermaid|sh)$")

// withoutFences removes the code blocks. A block ends at the first line that has at least
// as many backticks and nothing else.
func withoutFences(summary string) string {
	var out strings.Builder
	open := ""
	for line := range strings.Lines(summary) {
		text := strings.TrimSuffix(line, "\n")
		m := fence.FindStringSubmatch(text)
		switch {
		case open == "" && m != nil:
			open = m[1]
		case open == "":
			out.WriteString(line)
		case strings.HasPrefix(text, open) && strings.Trim(text, "`") == "":
			open = ""
		}
	}
	if open != "" {
		out.WriteString("# a block of code that is not closed")
	}
	return out.String()
}

// tag is the HTML that the gate itself writes.
var tag = regexp.MustCompile(`</?(?:details|summary)>|<span>&#36;</span>`)

// ours is the Markdown that the gate itself writes: headings, bold, rules of tables, items, entities.
var ours = regexp.MustCompile(`(?m)^###? |^- |\*\*|^\| | \| | \|$|^\|$|&#[0-9]+;`)

// way is a link that the gate itself writes, with nothing but names in it.
var way = regexp.MustCompile(`\[([^\[\]()]*)\]\((?:https://dashboard\.heroku\.com/apps/[a-z][a-z0-9-]{1,29}(?:/logs|/activity(?:/releases/[0-9a-f-]{36})?)?|` +
	`https://github\.example[a-z0-9.-]*(?::[0-9]{1,5})?/octo[-_](?:org|acme)/octo\.repo[A-Za-z0-9._-]*/commit/[0-9a-f]{40})\)`)

// blockStart is the beginning of a line that would start another block than a paragraph.
var blockStart = regexp.MustCompile(`^(?:    |\t|[-+=]|[0-9]+[.)])`)

// checkMarkdown fails if a summary has mark-up that the gate itself does not write.
func checkMarkdown(t testing.TB, summary string) {
	t.Helper()
	text := way.ReplaceAllString(withoutFences(summary), "$1")
	text = statusAddress.ReplaceAllString(codedCommand.ReplaceAllString(text, ""), "")
	for _, bad := range []string{"://", "www.", "mailto:"} {
		if strings.Contains(text, bad) {
			t.Errorf("a link in the summary: %q", bad)
		}
	}
	for line := range strings.Lines(text) {
		if blockStart.MatchString(line) && !strings.HasPrefix(line, "- ") {
			t.Errorf("a line of the summary that begins a block: %q", line)
		}
	}
	text = ours.ReplaceAllString(tag.ReplaceAllString(text, ""), "")
	if i := strings.IndexAny(text, "`*_[]<>|~!\\@#$\"'"); i >= 0 {
		t.Errorf("mark-up in the summary: %q", text[max(0, i-60):min(len(text), i+60)])
	}
}
