// Notes of what was made: a file for each app. It is written before the run asks Heroku for the app. So the next run
// finds what an earlier run left, however that ended, and offers to delete it.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
)

// namePrefix begins the name of every app that the experiment makes.
const namePrefix = "rollout-gate-x-"

// A note is what is known of one app.
type note struct {
	ID      string    `json:"id,omitempty"` // of the app; empty: the answer with it never came
	Name    string    `json:"name"`
	Asked   time.Time `json:"asked"`   // just before Heroku was asked for the app
	Process int       `json:"process"` // the id of the process that asked
	Machine string    `json:"machine"` // where that runs: several machines may have the folder of notes in common

	path string // empty: nothing is written
}

// newNote writes the note of an app that is about to be made. Without a folder it writes nothing.
func newNote(folder, name string, now time.Time) (*note, error) {
	n := &note{Name: name, Asked: now, Process: os.Getpid()}
	n.Machine, _ = os.Hostname()
	if folder == "" {
		return n, nil
	}
	n.path = filepath.Join(folder, name+".json")
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		err = n.write()
	}
	if err != nil {
		return nil, fmt.Errorf("writing a note of what is made: %w", err)
	}
	return n, nil
}

// write writes the note whole or not at all.
func (n *note) write() error {
	if n.path == "" {
		return nil
	}
	data, err := json.Marshal(n)
	if err == nil {
		err = os.WriteFile(n.path+".new", data, 0o600)
	}
	if err == nil {
		err = os.Rename(n.path+".new", n.path)
	}
	return err
}

// forget removes the note: the app is gone.
func (n *note) forget() error {
	if err := os.Remove(n.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the note of an app that is gone: %w", err)
	}
	return nil
}

// running reports whether the run that made the app may still go on.
func (n *note) running(now time.Time) bool {
	machine, _ := os.Hostname()
	switch {
	case now.Sub(n.Asked) > longest+cleaning, n.Process == os.Getpid() && n.Machine == machine:
		return false
	case n.Machine != machine:
		return true // its process cannot be looked for
	}
	p, err := os.FindProcess(n.Process)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// late is how long after the request an app can appear, if the answer was lost.
const late = time.Minute

// remove deletes the app of a note, if sure says yes, and then the note. there: the app was there.
func (n *note) remove(ctx context.Context, c *account.Client, clock *clock, sure func() bool) (there bool, err error) {
	if wait := late - clock.now().Sub(n.Asked); n.ID == "" && wait > 0 {
		if err := clock.Sleep(ctx, wait); err != nil {
			return false, err
		}
	}
	if there, err = c.Remove(ctx, n.ID, n.Name, n.Asked, sure); err != nil {
		return there, err
	}
	return there, n.forget()
}

// howToRemove says what to do with an app that could not be deleted.
func howToRemove(app string) string {
	return fmt.Sprintf("the app %s may still be there, and cost money: run this program again, which offers to delete it, or `heroku apps:destroy --app %s`", app, app)
}

// An asker asks a question that is answered by yes or no.
type asker func(ctx context.Context, question string) bool

// offer offers to delete what earlier runs left.
func offer(ctx context.Context, w *world, c *account.Client, out io.Writer, ask asker) error {
	files, err := os.ReadDir(w.notes)
	if w.notes == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil { // a new note could not be written there, either
		return fmt.Errorf("reading the folder of notes %q: %w", w.notes, err)
	}
	for _, file := range files {
		if app, isNote := strings.CutSuffix(file.Name(), ".json"); isNote {
			said, err := offerOne(ctx, w, c, app, ask)
			if err != nil {
				return err
			}
			fmt.Fprintln(out, said)
		}
	}
	return nil
}

// offerOne offers to delete the app of one note, and returns what became of it. A note that cannot be read, or whose app
// may not be deleted, stays: it may be all that is known of an app that costs money.
func offerOne(ctx context.Context, w *world, c *account.Client, app string, ask asker) (string, error) {
	n := &note{path: filepath.Join(w.notes, app+".json")}
	data, err := os.ReadFile(n.path)
	if err == nil {
		err = json.Unmarshal(data, n)
	}
	if err == nil && n.Name != app {
		err = fmt.Errorf("it is about another app, %q", n.Name)
	}
	when := n.Asked.Local().Format("2006-01-02 15:04")
	switch {
	case !strings.HasPrefix(app, namePrefix):
		return fmt.Sprintf("The file %q is not a note of this program: remove it from that folder.", n.path), nil
	case err != nil: // without its time and id nobody can tell whether this program made the app
		return fmt.Sprintf("The note %q cannot be read (%v), so this program does not delete its app. The app may still be there, and cost money: "+
			"see `heroku apps:info --app %s`; `heroku apps:destroy --app %s` deletes it; then remove the note.", n.path, err, app, app), nil
	case n.running(w.now()):
		return fmt.Sprintf("Another experiment runs, with the app %s, since %s. It is left alone.", app, when), nil
	}
	_, err = n.remove(ctx, c, w.clock(), func() bool {
		return ask(ctx, fmt.Sprintf("An earlier experiment left the app %s, of %s. Delete it?", app, when))
	})
	switch {
	case err == nil:
		return fmt.Sprintf("The app %s is gone.", app), nil
	case errors.Is(err, account.ErrUnsure):
		return "It stays: " + howToRemove(app), nil
	case errors.Is(err, account.ErrNotOurs):
		return fmt.Sprintf("%v: look at it, and remove the note %q", err, n.path), nil
	case account.Status(err) == http.StatusForbidden:
		return fmt.Sprintf("The app %s of an earlier experiment, of %s, may still be there, and cost money: this key may not see it. Run this program with a key of the account that made it, which offers to delete it; or remove its note %q.", app, when, n.path), nil
	}
	return "", err
}
