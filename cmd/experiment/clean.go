// Cleaning up: a run deletes its app when it ends, and the next run offers to delete what an earlier run left.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"heroku-rollout-gate/cmd/experiment/account"
)

const (
	// cleaning is how long the run tries to delete its app.
	cleaning = 3 * time.Minute
	// late is how long after the request an app can appear, if the answer was lost.
	late = time.Minute
	// clockSkew is how far the clocks of this machine and of Heroku may differ.
	clockSkew = 10 * time.Minute
)

// look finds out whether the app of a note is there. If its id is not known, it looks for the random name. An app of
// that name is ours only if it was made when we asked for it.
func look(ctx context.Context, c *account.Client, n *note, clock *clock) (there bool, err error) {
	if n.ID != "" {
		_, there, err = c.Find(ctx, n.ID)
		return there, err
	}
	found, there, err := c.Find(ctx, n.Name)
	for err == nil && !there && clock.now().Sub(n.Asked) < late {
		if err = clock.Sleep(ctx, late/10); err == nil {
			found, there, err = c.Find(ctx, n.Name)
		}
	}
	switch {
	case err != nil || !there:
		return false, err
	case found.Name != n.Name || found.Created.Sub(n.Asked).Abs() > clockSkew:
		return false, account.NotOurs(fmt.Sprintf("the app %s was not made by this program, so it is not deleted", n.Name))
	}
	return true, n.made(found)
}

// remove deletes the app of a note, and then the note.
func remove(ctx context.Context, c *account.Client, n *note, clock *clock) (deleted bool, err error) {
	there, err := look(ctx, c, n, clock)
	if err == nil && there {
		err = c.Delete(ctx, n.App)
	}
	if err == nil {
		err = n.forget()
	}
	return there, err
}

// howToRemove says what to do with an app that could not be deleted.
func howToRemove(app string) string {
	return fmt.Sprintf("the app %s may still be there, and cost money: run this program again, which offers to delete it, or `heroku apps:destroy --app %s`", app, app)
}

// An asker asks a question that is answered by yes or no.
type asker func(ctx context.Context, question string) bool

// offer offers to delete what earlier runs left.
func offer(ctx context.Context, w *world, c *account.Client, out io.Writer, ask asker) error {
	notes, err := readNotes(w.notes, out)
	for i := 0; err == nil && i < len(notes); i++ {
		err = offerOne(ctx, w, c, notes[i], out, ask)
	}
	return err
}

// offerOne offers to delete the app of a note. If it may not be deleted, its note stays.
func offerOne(ctx context.Context, w *world, c *account.Client, n *note, out io.Writer, ask asker) error {
	when := n.Asked.Local().Format("2006-01-02 15:04")
	if n.running(w.now()) {
		fmt.Fprintf(out, "Another experiment runs, with the app %s, since %s. It is left alone.\n", n.Name, when)
		return nil
	}
	there, err := look(ctx, c, n, w.clock())
	if err == nil && there && !ask(ctx, fmt.Sprintf("An earlier experiment left the app %s, of %s. Delete it?", n.Name, when)) {
		fmt.Fprintf(out, "It stays: %s\n", howToRemove(n.Name))
		return nil
	}
	if err == nil {
		_, err = remove(ctx, c, n, w.clock())
	}
	no, refused := errors.AsType[*account.Refusal](err)
	notOurs, foreign := errors.AsType[account.NotOurs](err)
	switch {
	case err == nil:
		fmt.Fprintf(out, "The app %s is gone.\n", n.Name)
	case refused && no.Status == http.StatusForbidden:
		fmt.Fprintf(out, "The app %s of an earlier experiment, of %s, may still be there, and cost money: this key may not see it. Run this program with a key of the account that made it, which offers to delete it; or remove its note %q.\n", n.Name, when, n.path)
	case foreign:
		fmt.Fprintf(out, "%v: look at it, and remove the note %q\n", notOurs, n.path)
	default:
		return err
	}
	return nil
}

// clean deletes the app of a run, also if the run was interrupted.
func (e *experiment) clean(ctx context.Context) error {
	if e.keep && e.app.ID != "" {
		e.say("the app %s stays, and costs money, until the next run deletes it, or `heroku apps:destroy --app %s`", e.app.Name, e.app.Name)
		return nil
	}
	if !e.asked {
		return e.note.forget()
	}
	if ctx.Err() != nil {
		e.say("the app %s is about to be deleted; a second Ctrl-C would leave it", e.note.Name)
	}
	ctx, cancel := e.clock.within(context.WithoutCancel(ctx), cleaning, errors.New("there was no way to Heroku for "+cleaning.String()))
	defer cancel()
	deleted, err := remove(ctx, e.heroku, e.note, e.clock)
	if err != nil {
		err = fmt.Errorf("%w; %s", because(ctx, err), howToRemove(e.note.Name))
		e.fail(err)
		return err
	}
	if deleted {
		e.say("the app %s is deleted", e.note.Name)
	}
	return nil
}
