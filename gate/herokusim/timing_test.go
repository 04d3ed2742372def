// The timing of a process type for preboot has no effect without preboot.

package herokusim

import (
	"testing"
	"time"
)

func TestPrebootTimingNeedsPreboot(t *testing.T) {
	t.Parallel()
	for preboot, want := range map[string]time.Duration{"true": 100 * time.Second, "false": 3 * time.Second} {
		st := tellText(t, `
app: {preboot: `+preboot+`}
types:
  web: {quantity: 1, timing: {exit: 3s}, preboot: {exit: 100s}}
events:
  - {at: 0s, deploy: {}}
`)
		if exit, ok := st.LastOldExit(42); !ok || exit != want {
			t.Errorf("preboot %s: the old process ends at %s, %v; want %s", preboot, exit, ok, want)
		}
	}
}
