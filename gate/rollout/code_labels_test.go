// The label of a slug or an image, which often is a commit.

package rollout_test

import (
	"testing"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/release"
	"heroku-rollout-gate/gate/rollout"
)

// If a label is not a commit, such as the name of a branch, a newer release can have the same label and other
// code. A label can be an abbreviated commit.
func TestLabelsOfCode(t *testing.T) {
	t.Parallel()
	const whole = "0123456789abcdef0123456789abcdef01234567"
	for name, c := range map[string]struct {
		before, target, newer string // labels of v41, v42 and v43
		want                  rollout.Reason
	}{
		"names of branches":        {"main", "hotfix", "main", rollout.Superseded},
		"the branch of the target": {"main", "hotfix", "hotfix", rollout.Superseded},
		"other commits":            {"aaaaaaa1", "bbbbbbb2", "ccccccc3", rollout.Superseded},
		"the old commit, rebuilt":  {"aaaaaaa1", "bbbbbbb2", "aaaaaaa1", rollout.RolledBack},
		"the target, rebuilt":      {"aaaaaaa1", "bbbbbbb2", "bbbbbbb2", rollout.RolledOut},
		"no labels":                {"", "", "", rollout.Superseded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{Want: release.Want{Version: 42}})
			b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no"}})
			b.lists.Releases[1].Current = false
			b.lists.Releases = append(b.lists.Releases, observe.Release{ID: "r43", Version: 43, Status: "succeeded", SlugID: "s43", Current: true, CreatedAt: at(1 * sec)})
			b.look(2*sec, dyno("web.1", 43, "up", 1*sec))
			for id, label := range map[string]string{"s41": c.before, "s42": c.target, "s43": c.newer} {
				b.apply(3*sec, observe.Observation{Code: &observe.Code{ID: id, Commit: label, CreatedAt: at(1 * sec)}})
			}
			b.look(200*sec, dyno("web.1", 43, "up", 1*sec))
			if v, _ := b.core.Verdict(); v.Reason != c.want {
				t.Errorf("verdict %+v, want %s", v, c.want)
			}
		})
	}
	for name, c := range map[string]struct {
		want   string
		labels [2]string // labels of v41 and v42
		bad    bool      // the commit is ambiguous
		target int       // 0: none
	}{
		"an abbreviated label":                         {whole, [2]string{"fffffff", whole[:7]}, false, 42},
		"a label with more after the commit":           {whole, [2]string{"fffffff", whole + "-1"}, false, 42},
		"one commit in two lengths":                    {whole[:9], [2]string{whole[:12], whole}, false, 42},
		"two commits that begin alike":                 {whole[:7], [2]string{whole[:7] + "00", whole}, true, 0},
		"a version":                                    {"v1.4.2-RC1", [2]string{"v1.4.2", "v1.4.2-rc1"}, false, 42},
		"the beginning of a version":                   {"v1.4", [2]string{"fffffff", "v1.4.2"}, false, 0},
		"a label that is the beginning of the version": {"v1.4.2", [2]string{"fffffff", "v1.4"}, false, 0},
		"a label that is too short":                    {whole, [2]string{"fffffff", whole[:6]}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rollout.Config{Want: release.Want{Commit: c.want}})
			b.apply(0, observe.Observation{Builds: &observe.Builds{}})
			b.look(1*sec, dyno("web.1", 42, "up", 1*sec))
			b.apply(2*sec, observe.Observation{Code: &observe.Code{ID: "s41", Commit: c.labels[0]}})
			b.apply(2*sec, observe.Observation{Code: &observe.Code{ID: "s42", Commit: c.labels[1]}})
			v, _ := b.core.Verdict()
			found := 0
			if p := b.core.Picture(); p.Target != nil {
				found = p.Target.Version
			}
			if (v.Reason == rollout.InvalidInput) != c.bad || found != c.target {
				t.Errorf("target v%d, verdict %+v; want v%d, ambiguous %v", found, v, c.target, c.bad)
			}
		})
	}
}
