// The new core against the old one: every observation of a recording goes to both.

package gate_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/oldcore"
	"heroku-rollout-gate/gate/rollout"
)

var oracle = flag.Bool("oracle", false, "compare with the old core")

// checkOracle compares at every line of a recording. It returns how many.
func checkOracle(t testing.TB, file string) int {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	lines.Scan()
	var h struct{ Config rollout.Config }
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	fresh, old := rollout.New(h.Config), oldcore.New(h.Config)
	n := 0
	for lines.Scan() {
		n++
		var o observe.Observation
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		fresh.Apply(o)
		old.Apply(o)
		if d := oldcore.Differ(fresh, old); d != "" {
			t.Errorf("at %s, after %s (-new +old):\n%s", o.At, lines.Text(), d)
			return n
		}
	}
	return n
}
