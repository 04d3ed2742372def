// Cleaning up: what a run made is deleted when it ends, and what an earlier one left when the next begins.

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
	// cleaning is how long deleting is tried.
	cleaning = 3 * time.Minute
	// late is how much later an app can be there than it was asked for, if the answer was lost.
	late = time.Minute
	// clockSkew is by how much the clocks of this machine and of Heroku may differ.
	clockSkew = 10 * time.Minute
)

// look tells whether the app of a note is there. Where its id was never learnt, it is looked for by its name,
// which was made up at random, and is ours only if it was made when we asked for it.
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
	case found.Name != n.Name || found.Created.Before(n.Asked.Add(-clockSkew)) || found.Created.After(n.Asked.Add(clockSkew)):
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

// offer offers to delete what earlier runs left. An app that it cannot delete is told of, and its note stays.
func offer(ctx context.Context, w *world, c *account.Client, out io.Writer, ask func(ctx context.Context, question string) bool) error {
	notes, err := readNotes(w.notes, out)
	if err != nil {
		return err
	}
	for _, n := range notes {
		if err := offerOne(ctx, w, c, n, out, ask); err != nil {
			return err
		}
	}
	return nil
}

func offerOne(ctx context.Context, w *world, c *account.Client, n *note, out io.Writer, ask func(ctx context.Context, question string) bool) error {
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
	_, notOurs := errors.AsType[account.NotOurs](err)
	switch {
	case err == nil:
		fmt.Fprintf(out, "The app %s is gone.\n", n.Name)
	case refused && no.Status == http.StatusForbidden:
		fmt.Fprintf(out, "The app %s of an earlier experiment, of %s, may still be there, and cost money: this key may not see it. Run this program with a key of the account that made it, which offers to delete it; or remove its note %q.\n", n.Name, when, n.path)
	case notOurs:
		fmt.Fprintf(out, "%v: look at it, and remove the note %q\n", err, n.path)
	default:
		return err
	}
	return nil
}

// clean deletes the app of a run, also where that was interrupted.
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
