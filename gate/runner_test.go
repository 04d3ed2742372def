// How the runner reads the log of a step, and what every run of the gate must look like to
// it.

package gate_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"heroku-rollout-gate/gate/rollout"
)

// command is a workflow command, as the runner understands it.
type command struct {
	line  int
	name  string
	props map[string]string
	data  string
}

// commands finds every workflow command in a step's log, by the rules of the runner:
// https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs.
// It takes no notice of stop-commands: what is between them has to be inert, too.
func commands(log string) []command {
	var found []command
	// .NET also ends lines at a carriage return.
	lines := strings.FieldsFunc(log, func(c rune) bool { return c == '\n' || c == '\r' })
	for i, line := range lines {
		if c, ok := parseCommand(line); ok {
			c.line = i
			found = append(found, c)
		}
	}
	return found
}

func parseCommand(line string) (command, bool) {
	if rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::"); ok {
		if info, data, ok := strings.Cut(rest, "::"); ok {
			c := commandInfo(info, ",", strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%"))
			c.data = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data)
			return c, true
		}
	}
	if _, rest, ok := strings.Cut(line, "##["); ok {
		if info, data, ok := strings.Cut(rest, "]"); ok {
			c := commandInfo(info, ";", strings.NewReplacer("%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%"))
			c.data = data
			return c, true
		}
	}
	return command{}, false
}

func commandInfo(info, separator string, unescape *strings.Replacer) command {
	name, rest, _ := strings.Cut(info, " ")
	c := command{name: name, props: map[string]string{}}
	for _, p := range strings.Split(rest, separator) {
		if k, v, ok := strings.Cut(strings.TrimSpace(p), "="); ok {
			c.props[k] = unescape.Replace(v)
		}
	}
	return c
}

var tokenName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// checkCommands fails unless a run printed the right commands: first the mask, groups in
// order, and one annotation, which is the last line.
func checkCommands(t testing.TB, log, annotation, key string) {
	t.Helper()
	cs := commands(log)
	if key != "" {
		if len(cs) == 0 || cs[0].name != "add-mask" || cs[0].line != 0 || cs[0].data != key {
			t.Fatalf("the key is not masked first: %+v", cs)
		}
		cs = cs[1:]
	}
	if len(cs) == 0 {
		t.Fatalf("no annotation in:\n%s", log)
	}
	var names []string
	for _, c := range cs[:len(cs)-1] {
		if tokenName.MatchString(c.name) && c.data == "" && len(c.props) == 0 {
			c.name = "TOKEN"
		}
		names = append(names, c.name)
	}
	for len(names) > 0 {
		if len(names) < 4 || !slices.Equal(names[:4], []string{"group", "stop-commands", "TOKEN", "endgroup"}) {
			t.Errorf("commands that are not ours: %q", names)
			break
		}
		names = names[4:]
	}
	last := cs[len(cs)-1]
	title := last.props["title"]
	if last.name != annotation || len(last.props) != 1 || title == "" || last.data == "" || len(title) > 800 || len(last.data) > 4096 {
		t.Errorf("the last command is %+v, want one %s with a title", last, annotation)
	}
	if n := strings.Count(strings.TrimRight(log, "\n"), "\n"); last.line != n {
		t.Errorf("the annotation is line %d of %d", last.line+1, n+1)
	}
}

// annotationOf is the kind of annotation that fits a verdict.
func annotationOf(v rollout.Verdict) string {
	switch {
	case v.Result != rollout.Passed:
		return "error"
	case v.Basis == rollout.Presumed || v.Reason == rollout.NothingToRun:
		return "warning"
	}
	return "notice"
}

var stamp = regexp.MustCompile(`(?m)^ *((?:\d+h)?(?:\d+m)?\d+s)  `)

// checkSilence fails if nothing was printed for longer than 30 s.
func checkSilence(t testing.TB, log string) {
	t.Helper()
	var last time.Duration
	for _, m := range stamp.FindAllStringSubmatch(log, -1) {
		at, err := time.ParseDuration(m[1])
		if err != nil {
			t.Fatal(err)
		}
		if at-last > 31*time.Second { // both are rounded
			t.Errorf("silence from %s to %s", last, at)
		}
		last = at
	}
}
