// Commands that people may copy from the output work as they are: they name the app, and contain
// nothing invisible.

package gate_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

var (
	// A command in a message.
	quotedCommand = regexp.MustCompile(`"(heroku [a-z][^"]*)"`)
	// A command in the summary, as a span or a block of code, and the address of Heroku's status page.
	codedCommand  = regexp.MustCompile("`heroku (?:ps|ps:stop|logs|releases|releases:output v[0-9]+)(?: --[a-z-]+(?: [A-Za-z0-9._-]+)?)*`")
	statusAddress = regexp.MustCompile(`<https://status\.heroku\.com>`)
)

// checkCopied fails if the output at the end of a wait has a command that cannot be copied.
func checkCopied(t testing.TB, app string, o outcome) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	for where, text := range map[string]string{"message": o.outputs["message"], "annotation": lines[len(lines)-1]} {
		for _, m := range quotedCommand.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1]+" ", " --app "+app+" ") {
				t.Errorf("the %s has the command %q, which names no app", where, m[1])
			}
		}
	}
	text := withoutFences(o.summary)
	for _, c := range codedCommand.FindAllString(text, -1) {
		if !strings.Contains(strings.Trim(c, "`")+" ", " --app "+app+" ") {
			t.Errorf("the summary has the command %s, which names no app", c)
		}
	}
	text = html.UnescapeString(statusAddress.ReplaceAllString(codedCommand.ReplaceAllString(text, ""), ""))
	for _, own := range []string{`"heroku `, "status.heroku.com"} {
		if at := strings.Index(text, own); at >= 0 {
			t.Errorf("what the summary has to copy does not stand by itself: %q", text[at:min(len(text), at+60)])
		}
	}
}
