// The simulated Heroku that an experiment without --real runs on.

package main

import (
	"fmt"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// simulatedKey is what the simulated account takes for a key.
const simulatedKey = "simulated-key"

// mostLines is how many lines a second are simulated at most: with more, this machine's own time would show.
const mostLines = 20_000

// simulated makes a world of its own for a plan, in which time passes so fast, if the machine can keep up.
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

// simulatedOptions are how the simulated Heroku treats a plan.
func simulatedOptions(p *Plan, speed float64) herokusim.AccountOptions {
	template := &herokusim.Scenario{Begins: time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC), Types: map[string]herokusim.Type{}}
	for t := range p.Types {
		template.Types[t] = p.Simulated[t]
	}
	return herokusim.AccountOptions{Options: herokusim.Options{Speed: speed, Key: simulatedKey}, Template: template}
}

func worldOf(account *herokusim.Account, speed float64) *world {
	return &world{simulated: true, key: simulatedKey, transport: account.Transport(), now: account.Clock, speed: speed}
}
