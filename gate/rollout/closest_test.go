// Which process type the caller meant, when the app does not have the one that the caller named.

package rollout_test

import (
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

func TestMisspeltProcessTypes(t *testing.T) {
	t.Parallel()
	for typed, meant := range map[string]string{
		"wbe": "web", "we": "web", "webb": "web", "wib": "web", "bew": "",
		"wxe": "", "wbx": "", "xyz": "", "ki": "qi", "bokok": "book", "boook": "book",
		"workerxyz": "worker", "mail": "mailer", "pagerd": "pagerduty", "pagerdutybot": "pagerduty",
	} {
		b := newBench(t, rollout.Config{Types: []string{typed}})
		b.lists.Formation = b.lists.Formation[:0]
		for _, name := range []string{"pagerduty", "mailer", "web", "worker", "qi", "book"} {
			if name != typed {
				b.addType(name, 0, -999*time.Hour, -99*time.Hour)
			}
		}
		b.look(20 * sec)
		v, _ := b.core.Verdict()
		_, hint, _ := strings.Cut(v.Message, ` (is "`)
		if hint, _, _ = strings.Cut(hint, `" meant?)`); hint != meant {
			t.Errorf("for %q the message suggests %q, want %q: %s", typed, hint, meant, v.Message)
		}
	}
}
