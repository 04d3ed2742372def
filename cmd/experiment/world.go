// A world is where an experiment runs: the real Heroku, or a simulated Heroku in this process, where time may pass
// faster.

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/herokusim"
)

// A world is Heroku, and this machine's ways to it.
type world struct {
	simulated bool
	key       string             // makes the app
	readKey   string             // is used by the gates; empty: they use key
	redactor  *evidence.Redactor // cleans what is printed and written
	transport http.RoundTripper
	now       func() time.Time
	speed     float64 // how many seconds of now pass in one real second
	notes     string  // the folder of notes of what was made; empty: no notes are kept
}

// attemptTime is how long an answer may take to begin. Log streams begin at once, too.
const attemptTime = 30 * time.Second

// realHeroku is the world in which things cost money.
func realHeroku(getenv func(string) string) (*world, error) {
	key, readKey := getenv("HEROKU_API_KEY"), getenv("HEROKU_READ_KEY")
	if key == "" {
		return nil, errors.New("there is no key: set HEROKU_API_KEY, as in HEROKU_API_KEY=$(heroku auth:token); it has to be one that may make apps")
	}
	for name, key := range map[string]string{"HEROKU_API_KEY": key, "HEROKU_READ_KEY": readKey} {
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("the key in %s has a space, a line break or another character that no key has: copy it again", name)
		}
	}
	if readKey == key {
		return nil, errors.New("HEROKU_READ_KEY is the same key as HEROKU_API_KEY, so it shows nothing of the scope read: give another key, or none")
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("finding a folder for notes of what is made: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = attemptTime
	return &world{key: key, readKey: readKey, redactor: &evidence.Redactor{}, transport: transport, now: time.Now, speed: 1, notes: filepath.Join(config, "rollout-gate-experiments")}, nil
}

const simulatedKey = "simulated-key"

// mostLines is how many lines a real second are simulated at most: with more, this machine would be too slow.
const mostLines = 20_000

// simulated makes a world of its own for a plan, in which time passes at this speed, if the machine can keep up.
func simulated(p *Plan, speed float64) (*world, error) {
	if p.Lines > 0 {
		speed = max(1, min(speed, mostLines/float64(p.Lines)))
	}
	account, err := herokusim.NewAccount(simulatedOptions(p, speed))
	if err != nil {
		return nil, fmt.Errorf("making the simulated Heroku of plan %q: %w", p.Name, err)
	}
	account.Begin()
	return worldOf(account, speed), nil
}

// simulatedOptions say how the simulated Heroku treats a plan.
func simulatedOptions(p *Plan, speed float64) herokusim.AccountOptions {
	template := &herokusim.Scenario{Begins: time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC), Types: map[string]herokusim.Type{}}
	for t := range p.Types {
		template.Types[t] = p.Simulated[t]
	}
	return herokusim.AccountOptions{Options: herokusim.Options{Speed: speed, Key: simulatedKey}, Template: template}
}

func worldOf(account *herokusim.Account, speed float64) *world {
	return &world{simulated: true, key: simulatedKey, redactor: &evidence.Redactor{}, transport: account.Transport(), now: account.Clock, speed: speed}
}

// A clock is the clock of one run, in the time of its world.
type clock struct {
	now   func() time.Time
	speed float64
	start time.Time
}

func (w *world) clock() *clock { return &clock{now: w.now, speed: w.speed, start: w.now()} }

// At is how long the run has gone on.
func (c *clock) At() time.Duration { return c.now().Sub(c.start) }

// Sleep waits. If ctx ends first, it returns why.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(c.real(d)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// within is a context that ends after d, because of why.
func (c *clock) within(ctx context.Context, d time.Duration, why error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.real(d), why)
}

// real is a span of this clock in real time.
func (c *clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.speed) }
