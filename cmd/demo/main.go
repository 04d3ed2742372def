// Command demo runs the gate against a simulated Heroku that replays the measured
// deploy: 10 web dynos with preboot, of which the last old one dies 5 min 08 s after
// Heroku has called the release finished. It takes about 15 seconds. Flags choose
// another scenario or speed.
package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// A demonstration plays a scenario. Its exported fields are the flags.
type demonstration struct {
	Scenario string  `default:"measured-deploy" placeholder:"NAME" help:"What happens: ${scenarios}. Default: ${default}."`
	Speed    float64 `default:"21" placeholder:"N" help:"How many times as fast as in life it is played, from 1 to 100. Default: ${default}."`

	stdout, stderr io.Writer
}

// maxSpeed is the highest speed at which the time that this machine needs does not distort the times
// of the story.
const maxSpeed = 100

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	d := demonstration{stdout: os.Stdout, stderr: os.Stderr}
	parser := kong.Must(&d, kong.Name("demo"),
		kong.Description("The gate against a simulated Heroku on this machine. It ends with the gate's exit status."),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 80}),
		kong.Vars{"scenarios": strings.Join(herokusim.Names(), ", ")})
	_, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v; see --help\n", err)
		os.Exit(gate.ExitInvalid)
	}
	if err := d.check(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(gate.ExitInvalid)
	}
	status, err := d.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(gate.ExitUndecided)
	}
	os.Exit(status)
}

func (d *demonstration) check() error {
	if names := herokusim.Names(); !slices.Contains(names, d.Scenario) {
		return fmt.Errorf("there is no scenario %q: give one of %s", d.Scenario, strings.Join(names, ", "))
	}
	if math.IsNaN(d.Speed) || d.Speed < 1 || d.Speed > maxSpeed {
		return fmt.Errorf("speed is %v: give a number from 1 to %d", d.Speed, maxSpeed)
	}
	return nil
}

// preview is the first paragraph: what will happen, and how long it takes.
func (d *demonstration) preview(story *herokusim.Story) string {
	text := fmt.Sprintf("%s It is simulated here, %v times as fast", strings.Join(strings.Fields(story.Scenario.About), " "), d.Speed)
	newest := 0
	for _, in := range story.Instances {
		newest = max(newest, in.Version)
	}
	ups, _ := upsAndExits(story, newest)
	if last, ends := story.LastOldExit(newest); ends && len(ups) > 0 {
		text += fmt.Sprintf(", in about %.0f seconds", math.Ceil(last.Seconds()/d.Speed))
	}
	return text + "; times are those of the deploy."
}

// newestBefore is the newest release that ran before the deploy.
func newestBefore(story *herokusim.Story) (newest int) {
	for _, in := range story.Instances {
		if in.Start < 0 {
			newest = max(newest, in.Version)
		}
	}
	return newest
}

// end is how the gate's wait ended. Times are times of the story.
type end struct {
	at      time.Duration
	picture rollout.Picture
	verdict rollout.Verdict
	hold    time.Duration // the end of the hold: when the gate would have opened without proof
}

func (d *demonstration) run(ctx context.Context) (int, error) {
	sc, err := herokusim.Load(d.Scenario)
	if err != nil {
		return 0, err
	}
	story, err := sc.Play()
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(d.stdout, "%s\n\n", d.preview(story))
	server := herokusim.NewServer(story, herokusim.Options{Speed: d.Speed})
	server.Begin()
	w := &witness{server: server, app: sc.App.Name}
	watching, enough := context.WithCancel(ctx)
	defer enough()
	go w.watch(watching)
	// The gate begins when the deploy step of the workflow ends.
	time.Sleep(time.Duration(float64(story.Gate) / d.Speed))
	command := gate.Command{
		Args: []string{"--app", sc.App.Name, "--api-key", "demo-key", "--newer-than", fmt.Sprintf("v%d", newestBefore(story))},
		Getenv: func(name string) string {
			return map[string]string{"TERM": os.Getenv("TERM"), "NO_COLOR": os.Getenv("NO_COLOR")}[name]
		},
		Stdout: d.stdout, Stderr: d.stderr,
		Transport: server.Transport(), Now: server.Clock, Speed: d.Speed,
	}
	width := func() int { return 0 }
	if f, ok := d.stdout.(*os.File); ok {
		if is, columns := gate.Terminal(f); is {
			command.Terminal, command.Width, width = is, columns, columns
		}
	}
	var e *end
	var hold time.Duration
	command.Seen = func(p rollout.Picture) { hold = max(hold, p.HoldUntil) }
	command.Ended = func(p rollout.Picture, v rollout.Verdict) { e = &end{server.Now(), p, v, story.Gate + hold} }
	status := command.Main(ctx)
	if e == nil || e.picture.Target == nil {
		return status, nil
	}
	if e.verdict.Result == rollout.Passed {
		time.Sleep(300 * time.Millisecond) // so that the witness also sees the end
		fmt.Fprintf(d.stdout, "\nThe timeline, in the deploy's own time:\n\n%s", timeline(rows(story, w, e), width()))
	}
	fmt.Fprintf(d.stdout, "\n%sWhat this showed: %s\n", busyApp(e), conclusion(story, e))
	return status, nil
}
