// What watch-ahead announces to the workflow step that started it: which release runs, and where the recording
// is, or why there is none. It writes a file of lines name=value, with each name at most once.

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

// An announcement has the lines of the file. An empty value has no line.
type announcement struct {
	app     string
	release string // the newest release
	watch   string // the name of the recording
	text    string // which dynos run now
	warning string // why the watch cannot be relied on
}

// announce writes the file, all at once. If it cannot, the step that waits for the file gives up after a while.
func (c *Command) announce(out *report.Report, folder string, a announcement) {
	var b strings.Builder
	for _, line := range [][2]string{{"app", a.app}, {"release", a.release}, {"watch", a.watch}, {"text", a.text}, {"warning", a.warning}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s=%s\n", line[0], out.Text(line[1]))
		}
	}
	fmt.Fprint(c.Stdout, b.String())
	if folder == "" {
		return
	}
	if err := writeAnnouncement(filepath.Join(folder, announcementFile), b.String()); err != nil {
		fmt.Fprintln(c.Stderr, "rollout-gate: saying that the watch is ready:", err)
	}
}

// announcementFile is the name of the file. begin/begin.sh reads it.
const announcementFile = "heroku-rollout-gate.said"

// writeAnnouncement writes a temporary file and renames it, so that nobody reads half of it. The owner of the
// folder can read it.
func writeAnnouncement(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), announcementFile+".*")
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

// whyNotWatched returns why there is no watch of an app, from the file that the step begin has left. If the step ran
// for another name, and that watch still runs, it says so: both names may be the same app, once its name and once its
// id. Otherwise it is empty.
func whyNotWatched(folder, app string) string {
	path := filepath.Join(folder, announcementFile)
	if there, err := os.Lstat(path); err != nil || !there.Mode().IsRegular() {
		return "" // opening a pipe would block
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
			if _, err := os.Lstat(aheadPath(folder, value)); err != nil {
				return ""
			}
			return fmt.Sprintf("the watch that was begun is of app %q: if that is this app, write the input \"app\" in the same way in both steps", value)
		case name == "warning":
			return value
		case name == "watch":
			return "the recording of the watch is gone; an earlier gate of this job may have taken it"
		}
	}
	return ""
}

// announcement says what runs now. err is why the watch is not ready; nil if it is. impossible: the app
// cannot be watched at all.
func (a *aheadWatch) announcement(err error, impossible bool) announcement {
	a.mu.Lock()
	defer a.mu.Unlock()
	closeOnce(a.announced)
	if impossible {
		return announcement{app: a.app, warning: fmt.Sprintf("the app is not watched before the deploy: %v: the gate has no head start, and will find the same", err)}
	}
	n := announcement{app: a.app, watch: filepath.Base(a.path)}
	if err != nil {
		n.warning = fmt.Sprintf("the watch is not ready: %v: the deploy goes on, and less may be proven", err)
	}
	if a.newest > 0 {
		n.release = fmt.Sprintf("v%d", a.newest)
		n.text = "before the deploy, " + listedDynos(a.dynos)
	}
	return n
}

// listedDynos says in words which dynos the dyno list shows.
func listedDynos(dynos []observe.Dyno) string {
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

// joinErrors writes several errors in one line.
func joinErrors(problems []error) string {
	var all []string
	for _, err := range problems {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}
