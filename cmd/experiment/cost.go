// What an experiment makes, how long it takes, and about what it costs.

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/findings"
)

// prices are US dollars a month for a dyno; Heroku charges each second of it ("Usage & Billing", Dev
// Center, February 2023; "Information on Heroku's pricing and usage", Heroku Help).
var prices = map[string]float64{
	"basic": 7, "standard-1x": 25, "standard-2x": 50, "performance-m": 250, "performance-l": 500,
}

// month is what a monthly price is divided by.
const month = 30 * 24 * time.Hour

// quiet is for how long nothing happens before the deploy: so long that for the gates nothing of before the
// scaling can be left, and a little longer (docs/how-it-knows.md has this hold). Without preboot it is as
// long: how the feature was set before the app was made, nobody can know.
func (p *Plan) quiet() time.Duration {
	return 330*time.Second + time.Duration(p.Types["web"])*12*time.Second + 15*time.Second
}

// expected is how long a plan takes on the real Heroku, roughly: two builds and boots; the quiet before the
// deploy; and what comes after it, of which the later gate may have to wait for the whole hold.
func (p *Plan) expected() time.Duration {
	d := 5*time.Minute + 2*p.quiet()
	if n := len(p.Then); n > 0 {
		d += p.Then[n-1].At
	}
	return d.Round(time.Minute)
}

// cost is what a plan costs if it takes so long. With preboot old and new dynos run side by side for some
// of the time, and here for all of it: it is rather less.
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

// preview says what the plans make, for how long, and what it costs.
func preview(plans []*Plan, keep bool) string {
	p, end := plans[0], "At the end it is deleted, also after a failure and Ctrl-C."
	if keep {
		end = "It stays (--keep), and costs money until you delete it."
	}
	if len(plans) > 1 {
		return previewAll(plans, end)
	}
	var features []string
	if p.Preboot {
		features = append(features, "preboot")
	}
	if p.Metrics {
		features = append(features, "log-runtime-metrics")
	}
	most := fmt.Sprintf("%d at most", p.dynos())
	if p.Preboot {
		most += ", and twice as many for some minutes"
	}
	return fmt.Sprintf(`Plan %s: %s

On your account with Heroku this makes one app, with a name such as %s1f2e3d4c5b6a79.
  dynos     %s; %s
  features  %s
  time      about %.0f minutes, at the most %.0f
  cost      %s, at the most %.2f (list prices by the second; %s is %.0f US dollars a month)
It touches no other app. %s
`, p.Name, p.About, namePrefix, p.formation(), most, cmp.Or(strings.Join(features, ", "), "none"),
		p.expected().Minutes(), longest.Minutes(), dollars(p.cost(p.expected())), p.cost(longest), p.Size, prices[p.Size], end)
}

// previewAll is the preview of several plans.
func previewAll(plans []*Plan, end string) string {
	var rows [][]string
	var takes time.Duration
	var cost, most float64
	for _, p := range plans {
		rows = append(rows, []string{p.Name, p.formation(), fmt.Sprintf("%.0f min", p.expected().Minutes()), dollars(p.cost(p.expected()))})
		takes, cost, most = takes+p.expected(), cost+p.cost(p.expected()), most+p.cost(longest)
	}
	long := time.Duration(len(plans)) * longest
	rows = append(rows, []string{"all", "", hours(takes), dollars(cost)})
	return findings.Table(fmt.Sprintf("%d plans, one after the other", len(plans)), []string{"plan", "dynos", "takes about", "costs"}, rows) + fmt.Sprintf(`
On your account with Heroku this makes one app for each plan, with a name such as %s1f2e3d4c5b6a79.
All together it takes about %s, at the most %s, and costs %s, at the most %.2f (list prices by the second).
It touches no other app. %s
`, namePrefix, hours(takes), hours(long), dollars(cost), most, strings.ReplaceAll(end, "it is", "each app is"))
}

// formation is the plan's dynos in words.
func (p *Plan) formation() string {
	var types []string
	for _, t := range slices.Sorted(maps.Keys(p.Types)) {
		types = append(types, fmt.Sprintf("%d %s", p.Types[t], t))
	}
	return strings.Join(types, " and ") + ", of size " + p.Size
}

// hours is a long time as people write it: 2 h 44 min.
func hours(d time.Duration) string {
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}
