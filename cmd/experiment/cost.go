// What plans make on Heroku, how long they take, and about what they cost.

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// prices are US dollars a month for a dyno; Heroku charges each second of it ("Usage & Billing", Dev
// Center, February 2023; "Information on Heroku's pricing and usage", Heroku Help).
var prices = map[string]float64{
	"basic": 7, "standard-1x": 25, "standard-2x": 50, "performance-m": 250, "performance-l": 500,
}

// month is what a monthly price is divided by.
const month = 30 * 24 * time.Hour

// quiet is how long nothing happens before the deploy. It is a little longer than the gates' hold on what came before,
// the scaling (docs/how-it-knows.md has this hold). It is as long without preboot: nobody can know how the feature was
// set before the app was made.
func (p *Plan) quiet() time.Duration {
	return 330*time.Second + time.Duration(p.Types["web"])*12*time.Second + 15*time.Second
}

// expected is roughly how long a plan takes on the real Heroku: two builds and boots, the quiet time before the deploy,
// and the time after it, in which the later gate may have to wait for the whole hold.
func (p *Plan) expected() time.Duration {
	d := 5*time.Minute + 2*p.quiet()
	if n := len(p.Then); n > 0 {
		d += p.Then[n-1].At
	}
	return d.Round(time.Minute)
}

// cost is what a plan costs if it takes this long. With preboot it counts old and new dynos side by side all the time,
// though they are for some of it: the plan costs rather less.
func (p *Plan) cost(takes time.Duration) float64 {
	dynos := float64(p.dynos())
	if p.Preboot {
		dynos *= 2
	}
	return dynos * prices[p.Size] * float64(takes) / float64(month)
}

// dollars is a cost as people write it.
func dollars(d float64) string {
	if d < 0.01 {
		return "less than 1 US cent"
	}
	return fmt.Sprintf("about %.2f US dollars", d)
}

// describe says what a plan does, and what that makes on Heroku.
func (p *Plan) describe() string {
	var made []string
	for _, t := range slices.Sorted(maps.Keys(p.Types)) {
		made = append(made, fmt.Sprintf("%d %s", p.Types[t], t))
	}
	features := map[bool]string{true: ", with preboot"}[p.Preboot] + map[bool]string{true: ", with log-runtime-metrics"}[p.Metrics]
	return fmt.Sprintf("%s: %s\n  It asks %s.\n  Dynos: %s, of size %s, at most %d at once%s.\n  On the real Heroku: about %.0f minutes, %s.\n\n",
		p.Name, p.About, p.Asks, strings.Join(made, " and "), p.Size, p.dynos(), features, p.expected().Minutes(), dollars(p.cost(p.expected())))
}

// preview says what the plans make, for how long, and what that costs.
func preview(plans []*Plan) string {
	var b strings.Builder
	var takes time.Duration
	var cost, most float64
	for _, p := range plans {
		b.WriteString(p.describe())
		takes, cost, most = takes+p.expected(), cost+p.cost(p.expected()), most+p.cost(longest)
	}
	fmt.Fprintf(&b, `On your account with Heroku each plan makes one app, with a name such as %s1f2e3d4c5b6a79.
With preboot twice as many dynos run for some minutes.
Plans: %d. All together it takes about %.0f minutes, at the most %.0f, and costs %s, at the most %.2f (list prices by the second).
It touches no other app. Each app is deleted at the end of its plan, also after a failure and Ctrl-C.
`, namePrefix, len(plans), takes.Minutes(), float64(len(plans))*longest.Minutes(), dollars(cost), most)
	return b.String()
}
