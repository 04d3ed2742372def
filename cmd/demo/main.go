// Command demo runs the gate against a simulated Heroku that replays the measured
// deploy: 10 web dynos with preboot, of which the last old one dies 5 min 08 s after
// Heroku has called the release finished. It takes about 15 seconds.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

const (
	scenario = "measured-deploy"
	speed    = 21 // 306 seconds in about 15
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	status, err := run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(gate.ExitUndecided)
	}
	os.Exit(status)
}

func run(ctx context.Context) (int, error) {
	sc, err := herokusim.Load(scenario)
	if err != nil {
		return 0, err
	}
	story, err := sc.Play()
	if err != nil {
		return 0, err
	}
	fmt.Printf("the measured deploy on a simulated Heroku, %d times as fast; times are those of the deploy\n\n", speed)
	server := herokusim.NewServer(story, herokusim.Options{Speed: speed})
	server.Begin()
	w := &witness{server: server, app: sc.App.Name}
	watching, enough := context.WithCancel(ctx)
	defer enough()
	go w.watch(watching)
	// The deploy step of the workflow ends, and the gate's begins.
	time.Sleep(time.Duration(float64(story.Gate) / speed))
	command := gate.Command{
		Args: []string{"--app", sc.App.Name, "--api-key", "demo-key"},
		Getenv: func(name string) string {
			return map[string]string{"TERM": os.Getenv("TERM"), "NO_COLOR": os.Getenv("NO_COLOR")}[name]
		},
		Stdout: os.Stdout, Stderr: os.Stderr,
		Transport: server.Transport(), Now: server.Clock, Speed: speed,
	}
	command.Terminal, command.Width = gate.Terminal(os.Stdout)
	var opened time.Duration
	var known rollout.Picture
	command.Ended = func(p rollout.Picture, _ rollout.Verdict) { opened, known = server.Now(), p }
	status := command.Main(ctx)
	if status == gate.ExitPassed {
		time.Sleep(300 * time.Millisecond) // the witness sees the end, too
		timeline(story, w, known, opened)
	}
	return status, nil
}

// A row of the timeline: a moment, and what three witnesses had to say at it.
type row struct {
	at    time.Duration
	truth string
	gate  string
}

// timeline lays side by side what Heroku said, what the dyno list said, what was
// true, and what the gate made of it.
func timeline(story *herokusim.Story, heroku *witness, p rollout.Picture, opened time.Duration) {
	var ups, exits []time.Duration
	for _, in := range story.Instances {
		if in.Version == p.Target.Version {
			ups = append(ups, in.Up)
		} else if in.Exit > 0 {
			exits = append(exits, in.Exit)
		}
	}
	told := func(t time.Time) string { return t.Format(time.TimeOnly) }
	rows := []row{
		{0, "the release is made, old code runs", told(p.Times.ReleaseCreated)},
		{first(ups), "first new dyno is up", told(p.Times.FirstNewUp)},
		{last(ups), "last new dyno is up", told(p.Times.AllNewUp)},
		{first(exits), "first old dyno ends", told(p.Times.FirstOldStopped)},
		{last(exits), "last old dyno ends", told(p.Times.OldGone)},
		{opened, "only new code runs", "(it opens)"},
	}
	fmt.Print("\nThe timeline, in the deploy's own time:\n\n")
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "clock (UTC)\tfrom release\twhat was true\told dynos alive\tHeroku said\tthe dyno list said\tby the gate's outputs")
	for _, r := range rows {
		said, list := "?", "?"
		if t, ok := heroku.at(r.at); ok {
			said, list = t.status, fmt.Sprintf("%d old", t.old)
		}
		fmt.Fprintf(w, "%s\t+%s\t%s\t%d\t%s\t%s\t%s\n", story.Time(r.at).UTC().Format(time.TimeOnly), span(r.at), r.truth,
			len(story.OldRunning(r.at, p.Target.Version)), said, list, r.gate)
	}
	w.Flush()
	fmt.Printf("\nHeroku's word came %s too early; the gate opened %s after the last old dyno had ended (%s).\n",
		span(last(exits)), (opened - last(exits)).Round(10*time.Millisecond), basis(p))
}

func basis(p rollout.Picture) string {
	var words []string
	for _, t := range p.Types {
		words = append(words, fmt.Sprintf("%s: %s", t.Type, t.Basis))
	}
	return strings.Join(words, ", ")
}

func first(times []time.Duration) time.Duration {
	least := times[0]
	for _, t := range times {
		least = min(least, t)
	}
	return least
}

func last(times []time.Duration) time.Duration {
	var most time.Duration
	for _, t := range times {
		most = max(most, t)
	}
	return most
}

// span is a duration as people write it: 8s, 5m08s.
func span(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s < 60 {
		return fmt.Sprintf("%ds", s)
	}
	return fmt.Sprintf("%dm%02ds", s/60, s%60)
}
