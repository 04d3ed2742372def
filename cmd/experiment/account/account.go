// Package account is all that the experiment may do on Heroku: make an app, build, scale, switch and
// restart it, look at it, and delete it. It changes no app that the experiment did not make.
//
//   - account.go: the client, and apps
//   - ask.go: what is asked of an app, and what is done to it
//   - permit.go: what may be asked
//   - send.go: one request
//   - refusal.go: what Heroku refuses, in words
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

// Options say how to reach Heroku, and who records the requests. All are needed.
type Options struct {
	Key       string
	Transport http.RoundTripper
	Clock     Clock
	Redactor  *evidence.Redactor
	// Seen records a request with its answer. Several goroutines call it at once.
	Seen func(evidence.Request)
}

// A Client sends requests with one key.
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

// An App is an app that the experiment made.
type App struct {
	ID      string    `json:"id,omitempty"` // empty: the answer with the id never came
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

// Find looks for an app by name or id; false if there is none. An app that the key may not see is there, so that is an
// error.
func (c *Client) Find(ctx context.Context, identity string) (App, bool, error) {
	found, err := c.service.AppInfo(ctx, identity)
	if err != nil {
		return App{}, false, unlessGone(c.refused("looking for the app "+identity, err))
	}
	return App{ID: found.ID, Name: found.Name, Created: found.CreatedAt}, true, nil
}

// ReadOnly is an error unless another key may read an app of ours and may not change it. The change that it tries does
// no harm: it switches preboot off, and a new app has none.
func (c *Client) ReadOnly(ctx context.Context, a App, key string) error {
	o := c.sender.Options
	o.Key = key
	other := New(o)
	other.sender.own(a.ID)
	_, found, err := other.Find(ctx, a.ID)
	if r, ok := errors.AsType[*Refusal](err); ok {
		err = errors.New(r.answer()) // without the advice, which is for the other key
	}
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

// Delete deletes an app that the experiment made. The app must still have both the id and the name. It is no error if it
// is gone already.
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

// unlessGone is nil where the error is that there is no such app.
func unlessGone(err error) error {
	if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusNotFound {
		return nil
	}
	return err
}
