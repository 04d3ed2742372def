// Notes of what was made: a file for each app, written before the app is asked for, so that the next run
// finds what an earlier one left, however it ended.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
)

// A note is what is known of one app.
type note struct {
	account.App
	Asked   time.Time `json:"asked"`   // when it was asked for, or a moment before
	Process int       `json:"process"` // which made it
	Machine string    `json:"machine"` // where that runs, which may have the folder of notes in common with this one

	path string
}

// notesFolder is where notes are kept.
func notesFolder() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for notes of what is made: %w", err)
	}
	return filepath.Join(config, "rollout-gate-experiments"), nil
}

// newNote remembers an app that is about to be asked for. Without a folder nothing is.
func newNote(folder, name string, now time.Time) (*note, error) {
	n := &note{App: account.App{Name: name}, Asked: now, Process: os.Getpid(), Machine: machine()}
	if folder == "" {
		return n, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("writing a note of what is made: %w", err)
	}
	n.path = filepath.Join(folder, name+".json")
	return n, n.write()
}

// made notes what the app turned out to be.
func (n *note) made(a account.App) error {
	n.App = a
	return n.write()
}

// write keeps the note, whole or not at all.
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
	if err != nil {
		return fmt.Errorf("writing a note of what is made: %w", err)
	}
	return nil
}

// forget removes the note: the app is gone.
func (n *note) forget() error {
	if n.path == "" {
		return nil
	}
	if err := os.Remove(n.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the note of an app that is gone: %w", err)
	}
	return nil
}

// machine is the name of this one, or of this container.
func machine() string {
	name, _ := os.Hostname() // none is a name, too
	return name
}

// running reports whether the experiment that made the app may still go on.
func (n *note) running(now time.Time) bool {
	switch {
	case now.Sub(n.Asked) > longest+cleaning:
		return false
	case n.Machine != machine():
		return true // its process cannot be looked for
	case n.Process == os.Getpid():
		return false
	}
	p, err := os.FindProcess(n.Process)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// readNotes finds what earlier runs have left.
func readNotes(folder string) ([]*note, error) {
	if folder == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("looking for notes of earlier experiments: %w", err)
	}
	var all []*note
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the note of an earlier experiment: %w", err)
		}
		n := &note{path: path}
		if err := json.Unmarshal(data, n); err != nil || n.Name != strings.TrimSuffix(filepath.Base(path), ".json") || !strings.HasPrefix(n.Name, namePrefix) {
			return nil, fmt.Errorf("the note %q is not one of this program: look at it, and remove it", path)
		}
		all = append(all, n)
	}
	return all, nil
}
