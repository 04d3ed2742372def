// Transcripts of whole waits: after each observation, what has changed of all that the core says and asks
// for. The test compares them with testdata/transcripts.txt. With -update it rewrites that file; read the
// difference.

package rollout_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

var update = flag.Bool("update", false, "rewrite testdata/transcripts.txt")

func TestTranscripts(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, s := range waits {
		fmt.Fprintf(&all, "# %s\n\n", s.name)
		cfg := s.cfg
		script := &transcript{out: &all, last: map[string]string{}}
		b := newestBench(t, cfg)
		b.onApply = func(o observe.Observation) { script.after(b.core, o) }
		s.play(b)
		all.WriteString("\n")
	}
	const path = "testdata/transcripts.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(all.String(), "\n")); d != "" {
		t.Errorf("the transcripts have changed (- %s, + now; if that is meant, run go test ./gate/rollout -run TestTranscripts -update):\n%s", path, d)
	}
}

// A transcript writes down what has changed since the observation before.
type transcript struct {
	out  *strings.Builder
	last map[string]string
}

func (w *transcript) after(r *rollout.Rollout, o observe.Observation) {
	fmt.Fprintf(w.out, "%s %s\n", short(o.At), what(o))
	p, now := r.Picture(), map[string]string{}
	now["waiting"] = p.Waiting
	now["times"] = fmt.Sprint(clock(p.Times.ReleaseCreated), clock(p.Times.ReleaseFinished), clock(p.Times.FirstNewUp), clock(p.Times.AllNewUp),
		clock(p.Times.FirstOldStopped), clock(p.Times.OldGone))
	now["old code"] = fmt.Sprintf("%s, last seen%s", p.Old, clock(p.Times.OldLastSeen))
	now["sums"] = fmt.Sprintf("%d of %d new up, %d old; hold until %s", p.NewUp, p.NewWanted, p.OldRemaining, short(p.HoldUntil))
	now["about"] = fmt.Sprintf("%s, preboot %v, superseded by %d, commit %q, trouble %q, %d one-off, now %s",
		p.App.Name, p.Preboot, p.SupersededBy, p.Commit, p.Trouble, len(p.OneOff), clock(p.PlatformNow.Add(-p.At)))
	now["log"] = fmt.Sprintf("%q %q since%s, %d gaps", p.Log, p.LogReason, clock(p.LogSince), len(p.Gaps))
	for _, t := range p.Types {
		now["type "+t.Type] = fmt.Sprintf("%d wanted, %d up, %d starting, %d crashed; old: %d listed, %d hidden; %s until %s %q",
			t.Wanted, t.Up, t.Starting, t.Crashed, t.OldListed, t.OldHidden, t.Basis, short(t.HoldUntil), t.HoldReason)
	}
	for _, d := range p.Dynos {
		now["dyno "+d.Label] = fmt.Sprintf("v%d %s, old %v, hidden %d, %s, up %s, gone %s, %d crashes", d.Version, d.State, d.Old, d.Hidden, d.Basis, clock(d.UpAt), clock(d.GoneAt), d.Crashes)
	}
	for i, m := range p.Moments {
		now[fmt.Sprintf("moment %02d", i)] = fmt.Sprintf("%s %s (%s)", clock(m.Time), m.What, m.Source)
	}
	for i, n := range p.Notices {
		now[fmt.Sprintf("notice %02d", i)] = n
	}
	if v, done := r.Verdict(); done {
		now["verdict"] = fmt.Sprintf("%s, %s %s: %s", v.Result, v.Reason, v.Basis, v.Message)
	}
	if _, done := r.Verdict(); !done { // after the verdict, the core needs nothing
		for _, n := range r.Needs() {
			key, said := strings.TrimSpace("need "+string(n.Kind)+" "+n.Code.ID), n.Why
			if n.Full {
				said += "; full"
			}
			if n.Kind == rollout.Guard {
				said += fmt.Sprintf("; %d releases", r.ReleasesToAsk())
			}
			if n.By+n.Every > 0 {
				said += fmt.Sprintf(" (%s)", short(n.By+n.Every))
			}
			now[key] = strings.TrimPrefix(now[key]+" | "+said, " | ")
		}
	}
	for key := range w.last {
		if _, there := now[key]; !there {
			now[key] = "-"
		}
	}
	keys := make([]string, 0, len(now))
	for key := range now {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	for _, key := range keys {
		if now[key] != w.last[key] {
			fmt.Fprintf(w.out, "    %s: %s\n", key, now[key])
		}
	}
	w.last = now
}

// short is a time since the gate started. clock is a time of the platform, since the release.
func short(d time.Duration) string { return d.Round(time.Millisecond).String() }

func clock(t time.Time) string {
	if t.IsZero() || t.Year() < 2000 {
		return " -"
	}
	return " " + t.Sub(epoch).Round(time.Millisecond).String()
}

// what says what was observed.
func what(o observe.Observation) string {
	switch {
	case o.End != "":
		return "end: " + string(o.End)
	case o.App != nil:
		return fmt.Sprintf("app %+v", *o.App)
	case o.Preboot != nil:
		return fmt.Sprintf("preboot known %v, on %v", o.Preboot.Known, o.Preboot.Enabled)
	case o.Look != nil:
		var dynos []string
		for _, d := range o.Look.Dynos {
			dynos = append(dynos, fmt.Sprintf("%s v%d %s", d.Name, d.Version, d.State))
		}
		return fmt.Sprintf("look %q", dynos)
	case o.Release != nil:
		return fmt.Sprintf("release v%d %s", o.Release.Version, o.Release.Status)
	case o.Code != nil:
		return fmt.Sprintf("code %s is of %q", o.Code.ID, o.Code.Commit)
	case o.Builds != nil:
		return fmt.Sprintf("%d builds", len(o.Builds.Builds))
	case o.Line != nil:
		return strings.TrimRight(fmt.Sprintf("line %s %s %s %s %s", o.Line.Label, o.Line.Kind, o.Line.From, o.Line.To, o.Line.Text), " ")
	case o.Log != nil:
		return fmt.Sprintf("log %s %s", o.Log.State, o.Log.Reason)
	case o.Trouble != nil:
		return fmt.Sprintf("trouble %s %q", o.Trouble.Kind, o.Trouble.About)
	case o.Budget != nil:
		return "budget"
	}
	return "time"
}
