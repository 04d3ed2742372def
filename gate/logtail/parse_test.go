// Single lines: those of the platform, and those that only look like them.

package logtail

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
)

const stamp = "2026-03-04T05:06:07.891011+00:00"

var stamped = time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.UTC)

func TestParse(t *testing.T) {
	t.Parallel()
	long := "Error R99 " + strings.Repeat("é", 200)
	cases := map[string]struct {
		line string
		want observe.Line // its Stamp is filled in; no Kind: the line does not matter
	}{
		"start":              {"heroku[web.1]: Starting process with command `bin/serve`", observe.Line{Label: "web.1", Kind: observe.Start}},
		"start of 2011":      {"heroku[rake.2]: Running process with command `rake x`", observe.Line{Label: "rake.2", Kind: observe.Start}},
		"pod":                {"heroku[web-12a34b56d-e78f9]: Idling", observe.Line{Label: "web-12a34b56d-e78f9", Kind: observe.Sleep, Text: "Idling"}},
		"state":              {"heroku[web.7]: State changed from stopping to down", observe.Line{Label: "web.7", Kind: observe.State, From: "stopping", To: "down", Text: "State changed from stopping to down"}},
		"new state":          {"heroku[web.7]: State changed from up to resting", observe.Line{Label: "web.7", Kind: observe.State, From: "up", To: "resting", Text: "State changed from up to resting"}},
		"state, cut":         {"heroku[web.7]: State changed from", observe.Line{}},
		"state, cut to":      {"heroku[web.7]: State changed from up to ", observe.Line{}},
		"sigterm":            {"heroku[web.1]: Stopping all processes with SIGTERM", observe.Line{Label: "web.1", Kind: observe.Sigterm, Text: "Stopping all processes with SIGTERM"}},
		"sigterm, old":       {"heroku[web.1]: Stopping process with SIGTERM", observe.Line{Label: "web.1", Kind: observe.Sigterm, Text: "Stopping process with SIGTERM"}},
		"sigterm, cut":       {"heroku[web.1]: Stopping all processes with SI", observe.Line{Label: "web.1", Kind: observe.Sigterm, Text: "Stopping all processes with SI"}},
		"sigkill":            {"heroku[web.1]: Stopping remaining processes with SIGKILL", observe.Line{Label: "web.1", Kind: observe.Sigkill, Text: "Stopping remaining processes with SIGKILL"}},
		"sigkill, R10":       {"heroku[web.1]: Stopping process with SIGKILL", observe.Line{Label: "web.1", Kind: observe.Sigkill, Text: "Stopping process with SIGKILL"}},
		"sigkill, all":       {"heroku[web.1]: Stopping all processes with SIGKILL", observe.Line{Label: "web.1", Kind: observe.Sigkill, Text: "Stopping all processes with SIGKILL"}},
		"sigkill, cut":       {"heroku[web.1]: Stopping process with SIGKIL", observe.Line{Label: "web.1", Kind: observe.Sigkill, Text: "Stopping process with SIGKIL"}},
		"exit":               {"heroku[worker.3]: Process exited with status 143", observe.Line{Label: "worker.3", Kind: observe.Exit, Text: "Process exited with status 143"}},
		"exit, old":          {"heroku[worker.3]: Process exited", observe.Line{Label: "worker.3", Kind: observe.Exit, Text: "Process exited"}},
		"restarting":         {"heroku[web.1]: Restarting", observe.Line{Label: "web.1", Kind: observe.Replace, Text: "Restarting"}},
		"cycling":            {"heroku[web.1]: Cycling", observe.Line{Label: "web.1", Kind: observe.Replace, Text: "Cycling"}},
		"unidling":           {"heroku[web.1]: Unidling", observe.Line{Label: "web.1", Kind: observe.Sleep, Text: "Unidling"}},
		"metric":             {"heroku[web.1]: source=web.1 dyno=heroku.280.d97d0ea7-cf3d-411b sample#load_avg_1m=2.46", observe.Line{Label: "web.1", Kind: observe.Metric, UUID: "d97d0ea7-cf3d-411b"}},
		"metric without id":  {"heroku[web.1]: source=web.1 sample#load_avg_1m=2.46", observe.Line{}},
		"fault":              {"heroku[web.1]: Error R12 (Exit timeout) -> At least one process failed", observe.Line{Label: "web.1", Kind: observe.Fault, Text: "Error R12 (Exit timeout) -> At least one process failed"}},
		"router's fault":     {"heroku[web.1]: Error H13 (Connection closed without response)", observe.Line{}},
		"text is cut":        {"heroku[web.1]: " + long, observe.Line{Label: "web.1", Kind: observe.Fault, Text: long[:300]}},
		"text is clean":      {"heroku[web.1]: Process exited\x1b[31m with\xff status 1\u0085", observe.Line{Label: "web.1", Kind: observe.Exit, Text: "Process exited[31m with status 1"}},
		"release":            {"app[api]: Release v7 created by user a@example.com", observe.Line{Kind: observe.API, Release: 7}},
		"deploy, old":        {"heroku[api]: Deploy 6933f9b by a@example.com", observe.Line{Kind: observe.API}},
		"one-off by api":     {"app[api]: Starting process with command `bash` by user a@example.com", observe.Line{Kind: observe.API}},
		"our session":        {"app[api]: Log session created by user a@example.com", observe.Line{}},
		"L11, code":          {"logplex[1]: Error L11 (Tail buffer overflow) -> This tail session dropped 7 messages since x.", observe.Line{Kind: observe.Loss, Text: "Error L11 (Tail buffer overflow) -> This tail session dropped 7 messages since x."}},
		"L11, documentation": {"heroku[logplex]: L11 (Tail buffer overflow) -> This tail session dropped 7 messages", observe.Line{Kind: observe.Loss, Text: "L11 (Tail buffer overflow) -> This tail session dropped 7 messages"}},
		"L11, no process":    {"Logplex: Error L11 (Tail buffer overflow)", observe.Line{Kind: observe.Loss, Text: "Error L11 (Tail buffer overflow)"}},
		"L12":                {"app[log-shuttle]: Error L12: 222 messages dropped since x.", observe.Line{Kind: observe.Loss, Text: "Error L12: 222 messages dropped since x."}},
		"L13":                {"heroku[log-shuttle]: Error L13: 2 messages lost since x.", observe.Line{Kind: observe.Loss, Text: "Error L13: 2 messages lost since x."}},
		"L13 under a label":  {"heroku[web.1]: Error L13: 2 messages lost since x.", observe.Line{Kind: observe.Loss, Text: "Error L13: 2 messages lost since x."}},
		"L15":                {"heroku[logplex]: Error L15 (Tail buffer temporarily unavailable)", observe.Line{Kind: observe.Loss, Text: "Error L15 (Tail buffer temporarily unavailable)"}},
		"L10 is of a drain":  {"heroku[logplex]: Error L10 (output buffer overflow): drain dropped 1 messages", observe.Line{}},
		"L133":               {"heroku[logplex]: Error L133: x", observe.Line{}},

		"app quotes an exit":   {"app[web.1]: heroku[web.1]: Process exited with status 0", observe.Line{}},
		"app says an exit":     {"app[web.1]: Process exited with status 0", observe.Line{}},
		"app quotes a loss":    {"app[web.1]: Error L13: 2 messages lost since x.", observe.Line{}},
		"app named like logs":  {"app[log-shuttle.1]: Error L13: 2 messages lost since x.", observe.Line{}},
		"app named like api":   {"app[api.1]: Release v7 created", observe.Line{}},
		"app quotes a source":  {"app[web.1] heroku[web.1]: Process exited", observe.Line{}},
		"router":               {"heroku[router]: at=info method=GET path=\"/\" dyno=web.1", observe.Line{}},
		"router quotes":        {"heroku[router]: Process exited", observe.Line{}},
		"no process":           {"heroku: Process exited", observe.Line{}},
		"empty process":        {"heroku[]: Process exited", observe.Line{}},
		"strange process":      {"heroku[web 1]: Process exited", observe.Line{}},
		"open process":         {"heroku[web.1: Process exited", observe.Line{}},
		"other case":           {"Heroku[web.1]: Process exited", observe.Line{}},
		"no space":             {"heroku[web.1]:Process exited", observe.Line{}},
		"no message":           {"heroku[web.1]:", observe.Line{}},
		"not of a life":        {"heroku[run.1]: Awaiting client", observe.Line{}},
		"not of a life, short": {"heroku[run.1]: x", observe.Line{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := Parse([]byte(stamp + " " + c.line))
			if ok {
				c.want.Stamp = stamped
			}
			if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want.Kind != "") {
				t.Errorf("Parse(%q) = _, %v; -want +got:\n%s", c.line, ok, diff)
			}
		})
	}
}

func TestParseStamp(t *testing.T) {
	t.Parallel()
	cases := map[string]string{ // stamp -> in UTC; "" = no line
		"2026-03-04T05:06:07.891011+00:00": "2026-03-04T05:06:07.891011Z",
		"2011-05-30T22:17:43+00:00":        "2011-05-30T22:17:43Z",
		"2011-05-30T22:17:43Z":             "2011-05-30T22:17:43Z",
		"2011-05-30T15:17:43-07:00":        "2011-05-30T22:17:43Z",
		"2011-05-30T22:17:43":              "",
		"2011-13-30T22:17:43Z":             "",
		"1970-01-01T00:00:00Z":             "",
		"yesterday":                        "",
		"":                                 "",
		"2026-03-04T05:06:07.8910110000000000000+00:00": "",
	}
	for in, want := range cases {
		l, ok := Parse([]byte(in + " heroku[web.1]: Cycling"))
		got := ""
		if ok {
			got = l.Stamp.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("stamp of %q = %q, want %q", in, got, want)
		}
	}
}

func TestIsTailForbidden(t *testing.T) {
	t.Parallel()
	const text = "Error L20 (Tail sessions forbidden) Tail sessions for this app are forbidden due to log volume."
	cases := map[string]bool{
		stamp + " Logplex: " + text:             true,
		stamp + " logplex[1]: " + text:          true,
		stamp + " heroku[logplex]: " + text:     true,
		"Logplex: " + text:                      true,
		text:                                    true,
		stamp + " app[web.1]: " + text:          false,
		stamp + " app[web.1]: Logplex: " + text: false,
		stamp + " heroku[web.1]: Cycling":       false,
	}
	for line, want := range cases {
		if got := isTailForbidden([]byte(line)); got != want {
			t.Errorf("isTailForbidden(%q) = %v, want %v", line, got, want)
		}
	}
}

// unlisted are the wordings of captured lines that say nothing about the life of a dyno.
var unlisted = regexp.MustCompile(`^(at=|Awaiting client|Client connection closed|Process running mem=|Error H\d|sock=|GET |POST |` +
	`Slug comp|Compil|Waiting for|Log session|State changed from$|Error L10)`)

// The captured logs are not part of the repository.
func TestCapturedLogsAreUnderstood(t *testing.T) {
	t.Parallel()
	const dir = "../../../shared/captures"
	files, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	more, _ := filepath.Glob(filepath.Join(dir, "extra", "*"))
	if len(files) == 0 {
		t.Skip("the captured logs are not beside this repository")
	}
	platform := regexp.MustCompile(`^\d{4}-\S+ heroku\[([\w.-]+)\]: (.*)$`)
	told, unknown := 0, map[string]int{}
	for _, name := range append(files, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := decoder{line: func(b []byte) {
			m := platform.FindSubmatch(b)
			if m == nil || string(m[1]) == "router" {
				return
			}
			if _, ok := Parse(b); ok {
				told++
			} else if !unlisted.Match(m[2]) && !strings.HasPrefix(string(m[1]), "slug") {
				unknown[string(m[2])]++
			}
		}}
		d.write(text)
		d.flush()
	}
	t.Logf("%d files, %d lines of the platform tell something", len(files)+len(more), told)
	for text, n := range unknown {
		t.Logf("unknown, %d times: %q", n, text)
	}
	if len(unknown) > 5 || told < 2000 {
		t.Errorf("%d wordings are unknown, %d lines are known", len(unknown), told)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"heroku[web.1]: State changed from up to starting", "heroku[web.1]: Process exited with status 143",
		"app[api]: Release v7 created", "logplex[1]: Error L11 (x", "heroku[web.1]: source=web.1 dyno=heroku.1.a-b sample#x=1",
		"app[web.1]: heroku[web.1]: Process exited", "heroku[web.1]: Error R14 \x00\xff\u0085", "Logplex: Error L20 (x",
	} {
		f.Add([]byte(stamp + " " + s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		isTailForbidden(line)
		l, ok := Parse(line)
		if !ok {
			if l != (observe.Line{}) {
				t.Errorf("a line that does not matter left %+v", l)
			}
			return
		}
		if l.Stamp.IsZero() || l.Kind == "" || l.Stamp.Location() != time.UTC {
			t.Errorf("incomplete: %+v", l)
		}
		if (l.Label == "") != (l.Kind == observe.API || l.Kind == observe.Loss) {
			t.Errorf("label %q of a %s line", l.Label, l.Kind)
		}
		if len(l.Text) > maxText || !utf8.ValidString(l.Text) || strings.ContainsAny(l.Text, "\n\r\x00\x1b") {
			t.Errorf("text %q", l.Text)
		}
		if (l.Kind == observe.API || l.Kind == observe.Metric) != (l.Text == "") {
			t.Errorf("text %q of a %s line", l.Text, l.Kind)
		}
		// What was read can be written and read again.
		if l.Label != "" && l.Kind != observe.Metric && l.Stamp.Year() < 9999 {
			again, ok := Parse([]byte(l.Stamp.Format(time.RFC3339Nano) + " heroku[" + l.Label + "]: " + l.Text))
			if diff := cmp.Diff(l, again); ok && diff != "" {
				t.Errorf("-first +again:\n%s", diff)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, line := range map[string]string{
		"app":    `app[web.1]: {"level":"info","msg":"request done","path":"/a/b","status":200,"ms":12}`,
		"router": `heroku[router]: at=info method=GET path="/a/b" host=x.example.com dyno=web.1 connect=0ms service=12ms status=200`,
		"exit":   "heroku[web.1]: Process exited with status 143",
		"metric": "heroku[web.1]: source=web.1 dyno=heroku.28.d97d0ea7-cf3d-411b-b453-d2943a50b456 sample#load_avg_1m=2.46",
	} {
		raw := []byte(stamp + " " + line)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				Parse(raw)
			}
		})
	}
}
