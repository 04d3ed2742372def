// An account that clients can write to: its options, its apps, and the truth about each app.

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
	// Template describes every app of the account. Types only gives the timing of process
	// types: the Procfile says which types there are. Log, ListLag, ListsHidden, SilentEnd,
	// Metrics, MetricsIDs, RestartingLine, BootTimeout, Noise (nil: none), Seed, Begins,
	// App.Space, App.Generation and App.Preboot are as in any scenario. Faults, Budget and
	// Drain hold for the whole account. Times count from the account's second 0. A template
	// has no releases and events. Nil: plain apps on the Common Runtime.
	Template *Scenario
	// Build is how long a build takes, and whether it fails. Nil: 20 s, and it succeeds.
	// The file behaviour.json of a source overrides it.
	Build *Build
	// Sizes are the dyno sizes that the account may use. Nil: all.
	Sizes []string
	// MostApps is how many apps the account may have. Zero: 100.
	MostApps int
	// ScaleInWindow allows changes of the formation of an app with preboot while old web
	// dynos are hidden. Heroku refuses them.
	ScaleInWindow bool
}

// An Account is an account at the simulated Heroku that clients can write to: requests
// create apps, and build, scale, restart and delete them, as on Heroku itself.
// Inside a testing/synctest bubble clients call it without a socket:
//
//	account, err := herokusim.NewAccount(herokusim.AccountOptions{})
//	client := &http.Client{Transport: account.Transport()}
//	gate := gate.Command{Transport: account.Transport(), Now: account.Clock}
//
// In real time it is a handler, as for httptest.NewServer(account).
//
// The story of each app is computed beforehand, as if nobody would write any more. A
// writing request adds what it does at "now", and the story is played again. That does
// not change what was before, and open log sessions go on.
//
// The uploaded tarball decides what runs. Its Procfile lists the process types; a line
// "release:" adds a release phase. Its file behaviour.json says how the processes behave;
// see [Behaviour].
type Account struct{ *Server }

// NewAccount makes an account without apps. Its clock starts with its first request, or
// with Begin. The error says what is wrong with the template.
func NewAccount(o AccountOptions) (*Account, error) {
	template := Scenario{}
	if o.Template != nil {
		template = *o.Template
	}
	if len(template.Releases) > 0 || len(template.Events) > 0 || template.Young || template.App.Stack != "" || template.App.Name != "" {
		return nil, errors.New("template: releases, events, young, app.name and app.stack are what requests decide: leave them out")
	}
	// Without a value in the template there are no routine lines: nobody needs them here.
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

// Apps returns all apps that were ever created, in that order, also the deleted ones.
func (a *Account) Apps() []AppTruth {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []AppTruth
	for _, x := range a.apps {
		a.extend(x)
		truth := AppTruth{ID: x.story.appID, Name: x.story.appName(a.now()), Created: x.created, Story: x.story}
		if x.gone {
			truth.Deleted = orElse(x.deleted, 1) // zero would mean that it still exists
		}
		all = append(all, truth)
	}
	return all
}

// An AppTruth is what the account knows about an app and no request shows.
type AppTruth struct {
	ID, Name string
	Created  time.Duration // on the account's clock
	// Deleted is when it was deleted; zero if it was not.
	Deleted time.Duration
	// Story is what has happened so far, and what will happen if nobody writes any more.
	// Its Instances are the truth: each process that ran, also for a deleted app. Its
	// times are on the account's clock, like Created.
	Story *Story
}

// AccountKinds are faults of writing requests, each as --fault takes it. The ids of the errors are from the
// "Platform API Reference"; which of them Heroku really uses in each case is not known.
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
