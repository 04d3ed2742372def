// The names of forgotten one-off dynos: the newest ones are kept, and not more than twice the bound.

package rollout

import (
	"fmt"
	"testing"
	"time"
)

func TestForgottenNames(t *testing.T) {
	t.Parallel()
	f := forgottenNames{newest: map[string]time.Time{}}
	at := func(i int) time.Time { return time.Unix(int64(i), 0) }
	for i := range 5 * maxForgotten {
		f.add(fmt.Sprint("run.", i), at(i))
		if n := len(f.newest) + len(f.older); n > 2*maxForgotten {
			t.Fatalf("%d names are kept", n)
		}
		if old := i - maxForgotten + 1; old >= 0 && !f.at(fmt.Sprint("run.", old)).Equal(at(old)) {
			t.Fatalf("with %d names, number %d is not known any more", i+1, old)
		}
	}
	if first := f.at("run.0"); !first.IsZero() {
		t.Errorf("the first name is still known, of %s", first)
	}
	f.add("run.7", at(1))
	f.newest["run.9"], f.older["run.9"] = at(1), at(2)
	if !f.at("run.7").Equal(at(1)) || !f.at("run.9").Equal(at(2)) {
		t.Error("the latest time of a name does not count")
	}
}
