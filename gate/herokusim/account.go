// This file is for an account that can be written to: its options, its apps, and the truth about each of them.

package herokusim

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"
)

// AccountOptions are how an account behaves.
type AccountOptions struct {
	// Options are as for a played story: Speed, Key, and From, which is the account's
	// clock at its first request.
	Options
	// Template is what every app of the account is like. Of its Types the timing is taken
	// (the Procfile says which there are). Log, ListLag, ListsHidden, SilentEnd, Metrics,
	// MetricsIDs, RestartingLine, BootTimeout, Noise (none, if it is nil), Seed, Begins,
	// App.Space, App.Generation and App.Preboot are as in any scenario. Faults, Budget and
	// Drain are the account's. Times count from the account's second 0. It has no releases
	// and events of its own. Nil is a plain account on the Common Runtime.
	Template *Scenario
	// Build is how long a build takes, and whether it fails; nil is 20 s and no. What a
	// source says of itself goes first.
	Build *Build
	// Sizes are the dyno sizes that the account may use; nil is all that there are.
	Sizes []string
	// MostApps is how many apps the account may have; zero is 100.
	MostApps int
	// ScaleInWindow lets the formation of an app with preboot be changed while old web
	// dynos are hidden. Heroku refuses that.
	ScaleInWindow bool
}

// An Account is an account with the simulated Heroku that can be written to: apps are
// made, built, scaled, switched, restarted and deleted by requests, as on Heroku itself.
// Inside a testing/synctest bubble clients call it without a socket:
//
//	account, err := herokusim.NewAccount(herokusim.AccountOptions{})
//	client := &http.Client{Transport: account.Transport()}
//	gate := gate.Command{Transport: account.Transport(), Now: account.Clock}
//
// In real time it is a handler, as for httptest.NewServer(account).
//
// Each app has a story that is worked out beforehand: what happens if nobody writes any
// more. A request that writes adds what it does at "now", and the story is played again.
// What was before now is not changed by that, and open log sessions go on.
//
// The tarball that is uploaded decides what runs: its Procfile says the process types, and
// by a line "release:" that there is a release phase. How the processes behave is said by
// its file behaviour.json; see [Behaviour].
type Account struct{ *Server }

// NewAccount makes an account without apps. Its clock starts with its first request, or
// with Begin. An error tells what is wrong with the template.
func NewAccount(o AccountOptions) (*Account, error) {
	template := Scenario{}
	if o.Template != nil {
		template = *o.Template
	}
	if len(template.Releases) > 0 || len(template.Events) > 0 || template.Young || template.App.Stack != "" || template.App.Name != "" {
		return nil, errors.New("template: releases, events, young, app.name and app.stack are what requests decide: leave them out")
	}
	// What a template says nothing of, routine lines, nobody needs here.
	if template.Noise == nil {
		template.Noise = new(float64)
	}
	if template.Types = maps.Clone(template.Types); template.Types == nil {
		template.Types = map[string]Type{"web": {}}
	}
	if bad := template.check(); bad != nil {
		return nil, fmt.Errorf("template: %w", bad)
	}
	template.Young = true
	if o.Build == nil {
		o.Build = &Build{Takes: 20 * time.Second}
	}
	o.MostApps = orElse(o.MostApps, 100)
	s := newServer(&template, template.start(), o.Options)
	s.writing = &writing{options: o, uploads: map[string]*upload{}, rng: rand.New(rand.NewPCG(uint64(template.Seed), 3))}
	return &Account{s}, nil
}

// Apps are all apps that were ever made, in that order; deleted ones, too.
func (a *Account) Apps() []AppTruth {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []AppTruth
	for _, x := range a.apps {
		a.play(x)
		truth := AppTruth{ID: x.story.appID, Name: x.story.appName(a.now()), Created: x.created, Story: x.story}
		if x.gone {
			truth.Deleted = orElse(x.deleted, 1) // zero would mean that it is there
		}
		all = append(all, truth)
	}
	return all
}

// An AppTruth is what the account knows of one app, and no request tells.
type AppTruth struct {
	ID, Name string
	Created  time.Duration // on the account's clock
	// Deleted is when it was deleted; zero if it was not.
	Deleted time.Duration
	// Story is what has happened so far and will, if nobody writes any more. Its
	// Instances are the truth: each process that ran, also of an app that is deleted.
	// Its times are those of the account's clock, as Created is.
	Story *Story
}

// AccountKinds is what a fault can make go wrong with writing, each as --fault takes it. The ids
// of the errors are those of the Platform API reference; which of them Heroku chooses is not known.
var AccountKinds = []Kind{
	{"forbidden", "request: POST /apps, status: 403", "the key has no right to make apps"},
	{"delinquent", "request: POST /apps, status: 402", "the account has not paid, or its way to pay has to be confirmed"},
	{"verification_needed", `request: POST /apps, status: 422, body: '{"id":"verification_needed","message":"Please verify your account."}'`, "the account has no way to pay"},
	{"suspended", `request: POST /apps, status: 403, body: '{"id":"suspended","message":"Your account is suspended."}'`, "the account is suspended"},
	{"invalid_params", "request: PATCH /apps/*/formation, status: 422", "the formation cannot be that; also of one type: PATCH /apps/*/formation/*"},
	{"invalid_params", "request: PATCH /apps/*/features/preboot, status: 422", "preboot cannot be switched"},
	{"rate_limit", "request: POST /apps/*/builds, status: 429, retry-after: 60s", "too many builds in an hour"},
	{"service_unavailable", "request: DELETE /apps/*, status: 503, to: 5m", "no app can be deleted for a while"},
}
