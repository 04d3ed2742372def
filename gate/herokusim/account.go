// This file is for an account that can be written to: its options, its apps, and the truth about each of them.

package herokusim

import "time"

// AccountOptions are how an account behaves.
type AccountOptions struct {
	// Options are as for a played story: Speed, Key, and From, which is the account's
	// clock at its first request.
	Options
	// Template is what every app of the account is like. Of its Types the Timing is taken
	// (the Procfile says which there are); Log, ListLag, MetricsIDs, RestartingLine,
	// BootTimeout, Seed, Begins, App.Space and App.Generation are as in any scenario.
	// Faults, Budget and Drain are the account's. Times count from the account's second 0.
	// It has no releases and events of its own. Nil is a plain account on the Common Runtime.
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
func NewAccount(o AccountOptions) (*Account, error) { panic("not yet") }

// Apps are all apps that were ever made, in that order; deleted ones, too.
func (a *Account) Apps() []AppTruth { panic("not yet") }

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

// A Behaviour is how the processes of a source behave: its file behaviour.json, beside the
// Procfile. Everything in it may be left out. The experiment's real app reads the same
// file, so that both do the same.
//
// With Code each process prints, from a moment after its start line on, one line a second
// on its standard output, as in
//
//	alive code=2 process=5f0c2a9be1d34b77 dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z
//
// and at SIGTERM one that begins with "sigterm" in place of "alive". The process is
// Instance.Process, n counts the lines of both kinds from 0.
type Behaviour struct {
	// Code is the version of the code.
	Code int `json:"code"`
	// Stop is how many seconds a process goes on after SIGTERM; from 30 on it is killed.
	// Nil is what the template says, which says 0.15 s where it says nothing.
	Stop *float64 `json:"stop"`
	// Lines is how many lines a second each process prints beside those of the truth; they
	// begin with "padding".
	Lines int `json:"lines"`
	// Build and Release are of the build and of the release phase, which there is only with
	// a line "release:" in the Procfile. Its command takes 5 s where nothing is said.
	Build   *Duty `json:"build"`
	Release *Duty `json:"release"`
}

// A Duty takes seconds, and may fail.
type Duty struct {
	Seconds float64 `json:"seconds"`
	Fails   bool    `json:"fails"`
}
