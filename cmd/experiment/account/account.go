// Package account is all that the experiment may do on Heroku: make an app, build, scale, switch and
// restart it, look at it, and delete it. It changes no app that it did not make.
//
//   - account.go: the client, and apps
//   - ask.go: what is asked of an app, and what is done to it
//   - permit.go: what may be asked
//   - send.go: one request
//   - refusal.go: the platform's no, in words
package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	heroku "github.com/heroku/heroku-go/v5"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// A Clock tells the time of a run, and waits.
type Clock interface {
	At() time.Duration
	Sleep(ctx context.Context, d time.Duration) error
}

// Options say how Heroku is reached, and who sees what is asked. All are needed.
type Options struct {
	Key       string
	Transport http.RoundTripper
	Clock     Clock
	Redactor  *evidence.Redactor
	// Seen is called with every request and its answer, by several goroutines at once.
	Seen func(evidence.Request)
}

// A Client asks with one key.
type Client struct {
	service *heroku.Service
	sender  *sender
}

// New makes a client. It sends nothing yet.
func New(o Options) *Client {
	o.Redactor.Hide(o.Key, "[api-key]")
	s := &sender{Options: o}
	return &Client{sender: s, service: heroku.NewService(&http.Client{
		Transport:     &heroku.Transport{BearerToken: o.Key, UserAgent: "heroku-rollout-gate-experiment", Transport: s},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})}
}

// An App is one that the experiment made.
type App struct {
	ID      string    `json:"id,omitempty"` // empty: the answer that tells it was never read
	Name    string    `json:"name"`
	Created time.Time `json:"created,omitzero"`
}

// Make makes an app of that name.
func (c *Client) Make(ctx context.Context, name string) (App, error) {
	made, err := c.service.AppCreate(ctx, heroku.AppCreateOpts{Name: &name})
	if err != nil {
		return App{}, c.refused("making the app "+name, err)
	}
	if made.ID == "" || made.Name != name {
		return App{}, fmt.Errorf("making the app %s: Heroku's answer is about another one, %q", name, made.Name)
	}
	c.sender.own(made.ID)
	return App{ID: made.ID, Name: made.Name, Created: made.CreatedAt}, nil
}

// Find looks for an app by name or id; false if there is none. One that the key may not see is an error: it is there.
func (c *Client) Find(ctx context.Context, identity string) (App, bool, error) {
	found, err := c.service.AppInfo(ctx, identity)
	if err != nil {
		return App{}, false, unlessGone(c.refused("looking for the app "+identity, err))
	}
	return App{ID: found.ID, Name: found.Name, Created: found.CreatedAt}, true, nil
}

// ReadOnly is an error unless another key may read an app of ours, and not change it. What it tries would change nothing:
// a new app has no preboot.
func (c *Client) ReadOnly(ctx context.Context, a App, key string) error {
	o := c.sender.Options
	o.Key = key
	other := New(o)
	other.sender.own(a.ID)
	_, found, err := other.Find(ctx, a.ID)
	if err != nil || !found {
		return fmt.Errorf("the key in HEROKU_READ_KEY cannot read the app %s: give a key of the same account, or none (%w)", a.Name, cmp.Or(err, errors.New("it is not found")))
	}
	_, err = other.service.AppFeatureUpdate(ctx, a.ID, "preboot", heroku.AppFeatureUpdateOpts{Enabled: false})
	if err == nil {
		return errors.New("the key in HEROKU_READ_KEY may change apps, so it shows nothing of the scope read: make a key with `heroku authorizations:create --scope read --short`, or give none")
	}
	err = c.refused("trying HEROKU_READ_KEY", err)
	if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusForbidden {
		return nil
	}
	return err
}

// NotOurs is why an app is not deleted: it is not one that the experiment made.
type NotOurs string

func (n NotOurs) Error() string { return string(n) }

// Delete deletes an app that the experiment made, which is known by its id and its name: both must still
// be those of one app. It is no error if that is gone already.
func (c *Client) Delete(ctx context.Context, a App) error {
	if a.ID == "" || a.Name == "" {
		return fmt.Errorf("deleting the app %s: its id is not known, so nothing is deleted", a.Name)
	}
	there, found, err := c.Find(ctx, a.ID)
	switch {
	case err != nil:
		return err
	case !found:
		return nil
	case there.ID != a.ID || there.Name != a.Name:
		return NotOurs(fmt.Sprintf("deleting the app %s: the app with its id is called %q now, so somebody has made it theirs, and it is not deleted", a.Name, there.Name))
	}
	c.sender.own(a.ID)
	_, err = c.service.AppDelete(ctx, a.ID)
	return unlessGone(c.refused("deleting the app "+a.Name, err))
}

// unlessGone takes the answer that there is no such app for no error.
func unlessGone(err error) error {
	if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusNotFound {
		return nil
	}
	return err
}
