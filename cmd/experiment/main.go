// Command experiment repeats the measured deploy, and others, on an app of its own, with the gate beside
// it: on a simulated Heroku in its own process, or with --real on the real one. docs/experiment.md says
// what it makes, what that costs, and how its result is read.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/cmd/experiment/findings"
	"heroku-rollout-gate/gate"
)

type commandLine struct {
	Plan    string  `placeholder:"NAME|FILE" help:"What is done: a plan that --list shows, a file, or all. Default: measured-deploy."`
	List    bool    `help:"Show the plans, and do nothing."`
	Real    bool    `help:"Run on the real Heroku, with the key in HEROKU_API_KEY. It costs money."`
	Dynos   *int    `placeholder:"N" help:"How many web dynos, in place of the plan's number."`
	Preboot *bool   `negatable:"" help:"With preboot, or without, in place of what the plan says."`
	Yes     bool    `help:"Do not ask."`
	Keep    bool    `help:"Do not delete the app, which costs money. For --real."`
	Results string  `placeholder:"FOLDER" help:"Where the results go. Default: a new folder, which is named at the end."`
	Speed   float64 `default:"36" placeholder:"N" help:"How many times as fast as the real Heroku the simulated Heroku runs, from 1 to 100. Default: ${default}."`

	stdin          *bufio.Reader
	stdout, stderr io.Writer
	terminal       bool   // stdin is a terminal: somebody can be asked
	heroku         *world // the real Heroku; nil: each plan has a simulated one
}

// Exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1 // a run failed, or a gate opened too early
	exitInvalid = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	c := commandLine{stdin: bufio.NewReader(os.Stdin), stdout: os.Stdout, stderr: os.Stderr}
	c.terminal, _ = gate.Terminal(os.Stdin)
	parser := kong.Must(&c, kong.Name("experiment"),
		kong.Description("Deploys to an app of its own, and compares what Heroku says, what the gate says, and what is true."),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}))
	_, err := parser.Parse(os.Args[1:])
	if err != nil {
		err = fmt.Errorf("%w; see --help", err)
	} else if c.Real && !c.List {
		c.heroku, err = realHeroku(os.Getenv)
	}
	if err != nil {
		os.Exit(c.fail(exitInvalid, err))
	}
	os.Exit(c.main(ctx))
}

func (c *commandLine) fail(status int, err error) int {
	fmt.Fprintln(c.stderr, "experiment:", c.clean(err.Error()))
	return status
}

// clean removes from a text what the results must not hold, either.
func (c *commandLine) clean(text string) string {
	if c.heroku == nil { // nothing simulated is a secret
		return text
	}
	return c.heroku.redactor.Clean(text)
}

func (c *commandLine) main(ctx context.Context) int {
	plans, err := c.plans()
	if err != nil {
		return c.fail(exitInvalid, err)
	}
	if c.List {
		for _, p := range plans {
			fmt.Fprint(c.stdout, p.describe())
		}
		return exitDone
	}
	folder, err := c.folder()
	if err != nil {
		return c.fail(exitInvalid, err)
	}
	if err := c.agree(ctx, plans); err != nil {
		return c.fail(exitFailed, err)
	}
	status := exitDone
	var runs []*evidence.Run
	for i, p := range plans {
		results := folder
		if len(plans) > 1 {
			results = filepath.Join(folder, p.Name)
		}
		run, ok := c.one(ctx, p, results)
		if run != nil {
			runs = append(runs, run)
		}
		if ok {
			continue
		}
		status = exitFailed
		// Without an upload it is the key, the account or the network, and the other plans would fail, too.
		uploads := run != nil && slices.ContainsFunc(run.Steps, func(s evidence.Step) bool { return s.What == "upload code 1" })
		if rest := len(plans) - i - 1; rest > 0 && (ctx.Err() != nil || !uploads) {
			c.fail(status, fmt.Errorf("%d more plans are not run", rest))
			break
		}
	}
	if len(runs) > 1 {
		fmt.Fprintf(c.stdout, "\nAll plans together. %s", c.clean(findings.Together(runs...)))
	}
	return status
}

// plans loads the plans, with what the command line changes.
func (c *commandLine) plans() (all []*Plan, err error) {
	names := []string{cmp.Or(c.Plan, "measured-deploy")}
	if c.Plan == "all" || c.Plan == "" && c.List {
		names = planNames()
	}
	if c.Keep && c.heroku == nil && !c.List {
		return nil, errors.New("--keep is for --real: the simulated app ends with this program")
	}
	if c.Dynos != nil && (*c.Dynos < 1 || *c.Dynos > maxDynos) {
		return nil, fmt.Errorf("--dynos is %d: give a number from 1 to %d", *c.Dynos, maxDynos)
	}
	if !(c.Speed >= 1 && c.Speed <= 100) { // nor is it NaN
		return nil, fmt.Errorf("speed is %v: give a number from 1 to 100", c.Speed)
	}
	for _, name := range names {
		p, err := loadPlan(name)
		if err != nil {
			return nil, err
		}
		if c.Dynos != nil {
			p.Types["web"] = *c.Dynos
		}
		if c.Preboot != nil {
			p.Preboot = *c.Preboot
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("plan %q: %w", name, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// one runs one plan, and reports its errors. The run is nil if it did not begin.
func (c *commandLine) one(ctx context.Context, p *Plan, results string) (run *evidence.Run, ok bool) {
	w, err := c.heroku, os.MkdirAll(results, 0o700)
	if w == nil && err == nil {
		w, err = simulated(p, c.Speed)
	}
	if err != nil {
		c.fail(exitFailed, err)
		return nil, false
	}
	if w.simulated {
		fmt.Fprintf(c.stdout, "Plan %s: %s It is simulated here, %v times as fast; times are those of the run.\n\n", p.Name, p.About, w.speed)
	}
	e := newExperiment(p, w, c.stdout, results)
	e.errs, e.keep = c.stderr, c.Keep
	run, failed := e.play(ctx)
	if err = e.write(run); err == nil && len(run.Releases) > 0 { // without a release there is nothing to report
		text := c.clean(findings.Report(run, false))
		if w.simulated && strings.Contains(text, "REFUTED") {
			text += "\nOn the simulated Heroku this mostly means that this machine was too slow for the speed: try --speed 5.\n"
		}
		fmt.Fprintf(c.stdout, "\n%s\nThe whole report, and what it rests on, is in %s\n", text, results)
		err = findings.TooEarly(run)
	}
	if err != nil {
		c.fail(exitFailed, err)
	}
	return run, failed == nil && err == nil
}

// agree offers to delete what earlier runs left, says once what all the plans make, and asks whether to go on.
func (c *commandLine) agree(ctx context.Context, plans []*Plan) error {
	if c.heroku == nil {
		return nil
	}
	if err := offer(ctx, c.heroku, newExperiment(plans[0], c.heroku, c.stdout, "").heroku, c.stdout, c.ask); err != nil {
		return err
	}
	fmt.Fprint(c.stdout, preview(plans, c.Keep))
	if !c.ask(ctx, "Go on?") {
		return errors.New("nothing was made: answer yes, or give --yes")
	}
	return nil
}

// folder returns the folder of the results. It has nothing in it yet.
func (c *commandLine) folder() (string, error) {
	if c.Results == "" && c.heroku == nil {
		return os.MkdirTemp("", "rollout-gate-experiment-")
	}
	dir := cmp.Or(c.Results, "experiment-"+time.Now().UTC().Format("20060102-150405"))
	there, err := os.ReadDir(dir)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("making a folder for the results: %w", err)
	case len(there) > 0:
		return "", fmt.Errorf("the folder %q is not empty: give another one with --results", dir)
	}
	return dir, nil
}

// ask asks a question that is answered by yes or no.
func (c *commandLine) ask(ctx context.Context, question string) bool {
	fmt.Fprintf(c.stdout, "%s [y/N] ", question)
	if c.Yes {
		fmt.Fprintln(c.stdout, "yes, by --yes")
		return true
	}
	if !c.terminal { // a "y" from a pipe must not start what costs money
		fmt.Fprintln(c.stdout, "no: nobody can be asked here; --yes says yes")
		return false
	}
	answered := make(chan string, 1)
	go func() {
		answer, _ := c.stdin.ReadString('\n') // no answer is a no
		answered <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case answer := <-answered:
		return answer == "y" || answer == "yes"
	case <-ctx.Done():
		return false
	}
}
