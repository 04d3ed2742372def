// Cleaning up: what a run made is deleted when it ends, and what an earlier one left when the next begins.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
)

// cleaning is how long deleting is tried.
const cleaning = 3 * time.Minute

// clockSkew is by how much the clocks of this machine and of Heroku may differ.
const clockSkew = 10 * time.Minute

var errCleaning = errors.New("there was no way to Heroku for " + cleaning.String())

// remove deletes the app of a note, and then the note. Where the app's id was never learnt, the app is
// looked for by its name, which was made up at random, and is ours only if it was made when we asked for it.
func remove(ctx context.Context, c *account.Client, n *note) error {
	if n.ID == "" {
		found, there, err := c.Find(ctx, n.Name)
		switch {
		case err != nil:
			return err
		case !there:
			return n.forget()
		case found.Name != n.Name || found.Created.Before(n.Asked.Add(-clockSkew)) || found.Created.After(n.Asked.Add(clockSkew)):
			return errors.Join(fmt.Errorf("the app %s was not made by this program, so it is not deleted", n.Name), n.forget())
		}
		if err := n.made(found); err != nil {
			return err
		}
	}
	if err := c.Delete(ctx, n.App); err != nil {
		return err
	}
	return n.forget()
}

// howToRemove says what to do with an app that could not be deleted.
func howToRemove(n *note) string {
	return fmt.Sprintf("the app %s may still be there, and cost money: run this program again, which offers to delete it, or `heroku apps:destroy --app %s`", n.Name, n.Name)
}

// offer offers to delete what earlier runs left.
func offer(ctx context.Context, w *world, c *account.Client, out io.Writer, ask func(ctx context.Context, question string) bool) error {
	notes, err := readNotes(w.notes)
	if err != nil {
		return err
	}
	for _, n := range notes {
		when := n.Asked.Local().Format("2006-01-02 15:04")
		if n.running(w.now()) {
			fmt.Fprintf(out, "Another experiment runs, with the app %s, since %s. It is left alone.\n", n.Name, when)
			continue
		}
		if !ask(ctx, fmt.Sprintf("An earlier experiment left the app %s, of %s. Delete it?", n.Name, when)) {
			fmt.Fprintf(out, "It stays: %s\n", howToRemove(n))
			continue
		}
		if err := remove(ctx, c, n); err != nil {
			return err
		}
		fmt.Fprintf(out, "The app %s is gone.\n", n.Name)
	}
	return nil
}
