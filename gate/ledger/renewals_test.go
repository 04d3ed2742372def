// How long a hidden process can live, if its hold can begin anew.

package ledger_test

import (
	"cmp"
	"testing"
	"time"

	"heroku-rollout-gate/gate/ledger"
)

// How long a process can live that was hidden at the release. The hold is two minutes if the case gives no other.
func TestHiddenUntil(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about    string
		renewals []time.Duration
		want     time.Duration
		hold     time.Duration
	}{
		{"never renewed", nil, 120 * time.Second, 0},
		{"renewed", []time.Duration{100 * time.Second}, 220 * time.Second, 0},
		{"renewed at the last moment", []time.Duration{120 * time.Second}, 240 * time.Second, 0},
		{"renewed too late", []time.Duration{121 * time.Second}, 120 * time.Second, 0},
		{"renewed before the release", []time.Duration{-time.Second}, 120 * time.Second, 0},
		{"renewed again", []time.Duration{100 * time.Second, 210 * time.Second}, 330 * time.Second, 0},
		{"renewed again, and noted in reverse order", []time.Duration{210 * time.Second, 100 * time.Second}, 330 * time.Second, 0},
		{"renewed again, too late", []time.Duration{100 * time.Second, 221 * time.Second}, 220 * time.Second, 0},

		// Renewals that are close together are one series, which counts as a whole.
		{"a series", []time.Duration{100 * time.Second, 160 * time.Second}, 280 * time.Second, 0},
		{"a series that goes on", []time.Duration{120 * time.Second, 180 * time.Second, 240 * time.Second}, 360 * time.Second, 0},
		{"a series that is noted out of order", []time.Duration{100 * time.Second, 150 * time.Second, 120 * time.Second}, 270 * time.Second, 0},
		{"two series that become one", []time.Duration{120 * time.Second, 230 * time.Second, 175 * time.Second}, 350 * time.Second, 0},
		{"a series, with a hold that is shorter than its gaps", []time.Duration{20 * time.Second, 70 * time.Second}, 100 * time.Second, 30 * time.Second},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			var r ledger.Renewals
			for _, again := range c.renewals {
				r.Note(at(again))
			}
			if got := r.HiddenUntil(released, cmp.Or(c.hold, 2*time.Minute)); !got.Equal(at(c.want)) {
				t.Errorf("renewed after %v: hidden until %s, want %s", c.renewals, since(got), c.want)
			}
		})
	}
}
