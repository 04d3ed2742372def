// Command herokusim is a simulated Heroku on this machine: for people, and for
// the tests of any client of the Platform API.
//
//	herokusim [serve] [--speed=1] [--from=0s] [--wait] [--fault=…] SCENARIO
//	herokusim account [--build=20s] [--size=…] [--fault=…] [TEMPLATE]
//	herokusim show SCENARIO
//	herokusim check FILE…
//	herokusim list
//	herokusim faults
//
// SCENARIO is a name from list or a YAML file. The default command is serve: it
// prints how to point the gate and the official heroku command at the server, and
// then the story as it happens. The story's clock starts at once, or with --wait
// at the first request. An account has no story: clients create its apps with
// requests. SIGINT and SIGTERM end both commands. docs/simulator.md says what the
// simulator models, and how to write a scenario.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"heroku-rollout-gate/gate/herokusim"
)

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve a scenario on loopback (what is done unless another command is named)."`
	Account accountCommand `cmd:"" help:"Serve an account on loopback that can be written to: apps are made, built, scaled and deleted."`
	Show    showCommand    `cmd:"" help:"Print the story of a scenario without serving it."`
	Check   checkCommand   `cmd:"" help:"Check scenario files; what is wrong is told with file and line."`
	List    listCommand    `cmd:"" help:"List the scenarios that come with the program."`
	Faults  faultsCommand  `cmd:"" help:"List what --fault and --log can make go wrong."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser := kong.Must(&commands{}, kong.Name("herokusim"),
		kong.Description("A simulated Heroku: the Platform API and the log of one app, playing a scenario."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}), kong.Help(help),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)))
	command, err := parser.Parse(os.Args[1:])
	if len(os.Args) == 1 {
		err = errors.New("which scenario? \"herokusim list\" names those that come with it, \"herokusim --help\" what else it does")
	}
	if err == nil {
		err = command.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "herokusim:", err)
		os.Exit(2)
	}
}

// help prints the help of the program, and then that of serve, the default command.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || ctx.Command() != "" {
		return err
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve", "SCENARIO"})
	if err != nil {
		return err
	}
	fmt.Fprintln(ctx.Stdout)
	return kong.DefaultHelpPrinter(options, serve)
}

type showCommand struct {
	Scenario string `arg:"" help:"A name from list, or a YAML file."`
	Lines    bool   `help:"Print the lines of the app's log in place of the story."`
}

// Run prints the story or the log.
func (c *showCommand) Run(stdout io.Writer) error {
	story, err := play(c.Scenario, nil)
	if err != nil {
		return err
	}
	if c.Lines {
		for _, l := range story.Lines {
			if l.InTail || l.InHistory {
				fmt.Fprintln(stdout, l)
			}
		}
		return nil
	}
	for _, incident := range story.Telling() {
		fmt.Fprintln(stdout, incidentLine(incident))
	}
	return nil
}

type checkCommand struct {
	Files []string `arg:"" help:"Scenario files."`
}

// Run checks all files, and returns all errors.
func (c *checkCommand) Run(stdout io.Writer) error {
	var bad []error
	for _, file := range c.Files {
		if _, err := play(file, nil); err != nil {
			bad = append(bad, err)
			continue
		}
		fmt.Fprintln(stdout, file+": ok")
	}
	return errors.Join(bad...)
}

type listCommand struct{}

func (listCommand) Run(stdout io.Writer) error {
	for _, name := range herokusim.Names() {
		sc, err := herokusim.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%-18s %s\n", name, sc.About)
	}
	return nil
}

type faultsCommand struct{}

// Run lists the faults, each with an example.
func (faultsCommand) Run(stdout io.Writer) error {
	fmt.Fprint(stdout, "What the API can do wrong, in the words of a scenario file, from and to a time of the story\n(left out: all the time), for every request or those with path in their path:\n\n")
	for _, k := range herokusim.FaultKinds {
		fmt.Fprintf(stdout, "  --fault '%s'\n      %s\n", k.Example, k.About)
	}
	fmt.Fprint(stdout, "\nWhat is wrong with the log, in place of what the scenario says of it:\n\n")
	for _, k := range herokusim.LogKinds {
		fmt.Fprintf(stdout, "  --log '%s'\n      %s\n", k.Example, k.About)
	}
	fmt.Fprint(stdout, "\nWhat an account can refuse, in the same words, and what else \"herokusim account --help\" says:\n\n")
	for _, k := range herokusim.AccountKinds {
		fmt.Fprintf(stdout, "  --fault '%s'\n      %s: %s\n", strings.ReplaceAll(k.Example, "'", `'\''`), k.Word, k.About)
	}
	return nil
}

// play loads a scenario and plays it. change, if it is not nil, changes the scenario before.
func play(name string, change func(*herokusim.Scenario) error) (*herokusim.Story, error) {
	sc, err := herokusim.Load(name)
	if err != nil {
		return nil, err
	}
	if change != nil {
		if err := change(sc); err != nil {
			return nil, err
		}
	}
	return sc.Play()
}

func incidentLine(i herokusim.Incident) string {
	return fmt.Sprintf("%9s  %s", i.At.Round(10*time.Millisecond), i.Text)
}
