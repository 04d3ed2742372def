// What a watch that begins before a deploy tells the step that started it: which release runs, and where
// the recording is, or why there is none. It goes into a file of lines, name=value, each once.

package gate

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
)

// said is what is told.
type said struct {
	app     string
	release string // the newest release
	watch   string // the name of the recording
	text    string // what runs now
	warning string // why the watch cannot be relied on
}

// sayAhead writes it, all at once. The step that reads it gives up by itself if that fails.
func (c *Command) sayAhead(out *report.Report, folder string, s said) {
	var b strings.Builder
	for _, line := range [][2]string{{"app", s.app}, {"release", s.release}, {"watch", s.watch}, {"text", s.text}, {"warning", s.warning}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s=%s\n", line[0], out.Text(line[1]))
		}
	}
	fmt.Fprint(c.Stdout, b.String())
	if folder == "" {
		return
	}
	if err := writeSaid(filepath.Join(folder, saidName), b.String()); err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate: saying that the watch is ready:", err)
	}
}

// saidName is the name of that file.
const saidName = "heroku-rollout-gate.said"

// writeSaid puts a whole file in its place, for the owner of the folder.
func writeSaid(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), saidName+".*")
	if err != nil {
		return err
	}
	giveToOwnerOfFolder(f, path)
	_, err = f.WriteString(text)
	if failed := f.Close(); err == nil {
		err = failed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// whyNotAhead is why there is no watch of an app, as the step that should have begun it has said; empty if none should
// have.
func whyNotAhead(folder, app string) string {
	path := filepath.Join(folder, saidName)
	if there, err := os.Lstat(path); err != nil || !there.Mode().IsRegular() {
		return "" // a pipe would hold up the gate
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, 4096))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		switch {
		case name == "app" && value != app:
			return ""
		case name == "warning":
			return value
		case name == "watch":
			return "the recording of the watch is gone; an earlier gate of this job may have taken it"
		}
	}
	return ""
}

// whatRuns is what the looks tell, and why not everything is known, if so. hopeless: nothing can be watched.
func (a *aheadWatch) whatRuns(late error, hopeless bool) said {
	a.mu.Lock()
	defer a.mu.Unlock()
	done(a.said)
	if hopeless {
		return said{app: a.app, warning: fmt.Sprintf("the app is not watched before the deploy: %v: the gate has no head start, and will find the same", late)}
	}
	s := said{app: a.app, watch: filepath.Base(a.path)}
	if late != nil {
		s.warning = fmt.Sprintf("the watch is not ready: %v: the deploy goes on, and less may be proven", late)
	}
	if a.newest > 0 {
		s.release = fmt.Sprintf("v%d", a.newest)
		s.text = "before the deploy, " + running(a.dynos)
	}
	return s
}

// running says in words which dynos are listed.
func running(dynos []observe.Dyno) string {
	count := map[string]int{}
	for _, d := range dynos {
		count[fmt.Sprintf("%s of v%d", d.Type, d.Version)]++
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d %s", count[what], what))
	}
	if parts == nil {
		return "the dyno list shows none"
	}
	return "the dyno list shows " + strings.Join(parts, ", ")
}

// oneText is several errors in one line.
func oneText(problems []error) string {
	var all []string
	for _, err := range problems {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}
