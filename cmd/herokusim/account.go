// The command account: it serves an account whose apps are created by requests.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

type accountCommand struct {
	Template      string `arg:"" optional:"" help:"A YAML file with the timing, log and faults that each app has."`
	serving       `embed:""`
	Build         time.Duration `default:"20s" placeholder:"TIME" help:"How long a build takes (${default})."`
	Size          []string      `placeholder:"SIZE" help:"A dyno size that the account may use, and others not; may be repeated."`
	MostApps      int           `default:"100" placeholder:"N" help:"How many apps the account may have (${default})."`
	ScaleInWindow bool          `help:"Let an app with preboot be scaled while old dynos run on. Heroku refuses that."`
}

// Run serves until ctx ends.
func (c *accountCommand) Run(ctx context.Context, stdout io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	template := &herokusim.Scenario{}
	if c.Template != "" {
		var err error
		if template, err = herokusim.Load(c.Template); err != nil {
			return err
		}
	}
	if err := c.trouble(template); err != nil {
		return err
	}
	account, err := herokusim.NewAccount(herokusim.AccountOptions{
		Options: c.options(), Template: template, Build: &herokusim.Build{Takes: c.Build}, Sizes: c.Size, MostApps: c.MostApps, ScaleInWindow: c.ScaleInWindow,
	})
	if err != nil {
		return err
	}
	account.Begin()
	out := &printer{w: stdout, json: c.JSON}
	return c.serve(ctx, out.logRequests(account, account), func(address, cert string) []variable {
		env := []variable{{"HEROKU_HOST", address}, {"HEROKU_API_KEY", orAny(c.Key)}, {"INPUT_API_URL", address}}
		out.introduceAccount(env, cert)
		return env
	}, func() {})
}

// introduceAccount prints how clients reach the account.
func (p *printer) introduceAccount(env []variable, cert string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	address, key := env[0].value, env[1].value
	if p.json {
		json.NewEncoder(p.w).Encode(map[string]any{"event": "ready", "address": address, "env": byName(env)})
		return
	}
	fmt.Fprintf(p.w, `An account without apps, which can be written to.

  address  %s

for the official heroku command:

  env HEROKU_HOST=%s HEROKU_API_KEY=%s heroku create

`, address, address, key)
	p.trust(cert)
}
