// What the official client should print, computed from the story.

package herokusim

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A telling is a story at one moment.
type telling struct {
	st *Story
	at time.Duration
}

// ago is what the client adds to a recent time, by this machine's clock.
var ago = regexp.MustCompile(` \(~ [^)]* ago\)`)

// frame is what the client prints around an error message.
var frame = regexp.MustCompile(`[›▸\s]+`)

func unframed(text string) string { return frame.ReplaceAllString(text, " ") }

// words returns the lines that are not empty, with single spaces: the width of tables does not matter.
func words(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); strings.Trim(line, "─") != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func (s telling) date(at time.Duration) string {
	return s.st.stamp(at).Format("2006/01/02 15:04:05 -0700")
}

// ps has one-off dynos first, and then a group for each command.
func (s telling) ps() string {
	var b strings.Builder
	groups, commands := map[string][]dynoRecord{}, []string{}
	for _, d := range s.st.dynos.all(s.at) { // in the order of names
		command := d.command
		if d.typ == "run" {
			command = ""
		} else if groups[command] == nil {
			commands = append(commands, command)
		}
		groups[command] = append(groups[command], d)
	}
	number := func(d dynoRecord) int {
		_, n, _ := strings.Cut(d.label, ".")
		i, _ := strconv.Atoi(n)
		return i
	}
	for _, command := range append([]string{""}, commands...) {
		group := groups[command]
		if len(group) == 0 {
			continue
		}
		slices.SortStableFunc(group, func(a, b dynoRecord) int { return number(a) - number(b) })
		if command == "" {
			fmt.Fprintf(&b, "=== run: one-off processes (%d)\n\n", len(group))
		} else {
			fmt.Fprintf(&b, "=== %s (%s): %s (%d)\n\n", group[0].typ, sizeName(group[0].size), command, len(group))
		}
		for _, d := range group {
			if command == "" {
				fmt.Fprintf(&b, "%s (%s): %s %s: %s\n", d.label, sizeName(d.size), d.state, s.date(d.updated), d.command)
			} else {
				fmt.Fprintf(&b, "%s: %s %s\n", d.label, d.state, s.date(d.updated))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

const dynoLine = "%s %s %s %s v%d %s created %s updated %s\n"

func (s telling) dynos() string {
	var b strings.Builder
	for _, d := range s.st.dynos.all(s.at) {
		fmt.Fprintf(&b, dynoLine, d.label, d.id, d.typ, d.state, d.version, d.release, s.st.stamp(d.created), s.st.stamp(d.updated))
	}
	return b.String()
}

// dynosOf reads ps --json.
func dynosOf(t *testing.T, text string) string {
	t.Helper()
	var dynos []struct {
		ID, Name, Type, State string
		Release               struct {
			ID      string
			Version int
		}
		Created time.Time `json:"created_at"`
		Updated time.Time `json:"updated_at"`
	}
	if err := json.Unmarshal([]byte(text), &dynos); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range dynos {
		fmt.Fprintf(&b, dynoLine, d.Name, d.ID, d.Type, d.State, d.Release.Version, d.Release.ID, d.Created, d.Updated)
	}
	return b.String()
}

// change is a release's description, with its status if the release did not succeed, as the
// client prints it.
func change(r releaseRecord, form string) string {
	what := map[string]string{"pending": "release command executing", "failed": "release command failed", "expired": "release expired"}[r.status]
	if what == "" {
		return r.description
	}
	return r.description + fmt.Sprintf(form, what)
}

func (s telling) newestFirst() []releaseRecord {
	all := s.st.releases.all(s.at)
	slices.SortFunc(all, func(a, b releaseRecord) int { return b.version - a.version })
	return all
}

func (st *Story) newest(at time.Duration) releaseRecord { return telling{st, at}.newestFirst()[0] }

func (s telling) releases() string {
	var b strings.Builder
	for _, r := range s.newestFirst() {
		if r.current {
			fmt.Fprintf(&b, "=== %s Releases - Current: v%d\n", s.st.Scenario.AppName(), r.version)
		}
	}
	b.WriteString("v description user created_at\n")
	for _, r := range s.newestFirst() {
		fmt.Fprintf(&b, "v%d %s %s %s\n", r.version, change(r, " %s"), user, s.date(r.created))
	}
	return b.String()
}

func (s telling) release(r releaseRecord) string {
	eligible := map[bool]string{true: "Yes", false: "No"}[r.eligible]
	text := fmt.Sprintf("=== Release v%d\nBy: %s\nChange: %s\nEligible for Rollback?: %s\nWhen: %s\n=== v%d Config vars\n",
		r.version, user, change(r, " (%s)"), eligible, s.st.stamp(r.created).Format(time.RFC3339), r.version)
	for _, name := range slices.Sorted(maps.Keys(r.vars)) {
		text += fmt.Sprintf("%s: %s\n", name, r.vars[name])
	}
	return text
}

func (s telling) features() string {
	app, _ := s.st.app.get("app", s.at)
	box := map[bool]string{true: "[+]", false: "[ ]"}
	return fmt.Sprintf("=== App Features %s\n%s log-runtime-metrics Emit dyno resource usage information into app logs\n%s preboot Provide seamless web dyno deploys\n",
		s.st.Scenario.AppName(), box[s.st.Scenario.Metrics], box[app.preboot])
}

// log is the end of the history. If a dyno is named, it has only the platform's lines about that dyno.
func (s telling) log(most int, dyno string) string {
	var lines []string
	for _, l := range s.st.Lines {
		if l.InHistory && l.Emitted <= s.at && (dyno == "" || l.Source == "heroku" && l.Proc == dyno) {
			lines = append(lines, l.String()+"\n")
		}
	}
	return strings.Join(lines[max(0, len(lines)-most):], "")
}

// allNew reports whether all dynos in the list are up and have that release or a newer
// one, without one-off dynos.
func (st *Story) allNew(at time.Duration, version int) bool {
	for _, d := range st.dynos.all(at) {
		if d.typ != "run" && d.typ != "release" && (d.state != "up" || d.version < version) {
			return false
		}
	}
	return true
}
