// What an experiment costs, about.

package main

import (
	"fmt"
	"time"
)

// prices are US dollars a month for a dyno; Heroku charges each second of it ("Usage & Billing", Dev
// Center, October 2024).
var prices = map[string]float64{
	"basic": 7, "standard-1x": 25, "standard-2x": 50, "performance-m": 250, "performance-l": 500,
}

// month is what a monthly price is divided by.
const month = 30 * 24 * time.Hour

// cost is what a plan costs if it takes so long. With preboot old and new dynos run side by side, and
// every one of a label is counted for the whole time: it is rather less.
func (p *Plan) cost(takes time.Duration) float64 {
	dynos := float64(p.dynos())
	if p.Preboot {
		dynos *= 2
	}
	return dynos * prices[p.Size] * float64(takes) / float64(month)
}

// dollars is a cost as people write it, never less than a cent.
func dollars(d float64) string {
	if d < 0.01 {
		return "less than 1 US cent"
	}
	return fmt.Sprintf("about %.2f US dollars", d)
}
