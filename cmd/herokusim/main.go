// Command herokusim serves a simulated Heroku on this machine, for people and
// for any client of the Platform API.
//
//	herokusim [-listen 127.0.0.1:0] [-speed 1] [-from 0s] [-wait] SCENARIO
//	herokusim -list
//
// SCENARIO is a name from -list or a YAML file. It prints how to point the gate
// and the official heroku command at it, and then the story as it happens. The
// story's clock starts at once, or with -wait at the first request.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "herokusim:", err)
		}
		os.Exit(2)
	}
}

// run is the program; it ends with ctx.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("herokusim", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: herokusim [-listen 127.0.0.1:0] [-speed 1] [-from 0s] [-wait] SCENARIO | -list")
		flags.PrintDefaults()
	}
	listen := flags.String("listen", "127.0.0.1:0", "loopback `address` to serve on")
	speed := flags.Float64("speed", 1, "`seconds` of the story in a second")
	from := flags.Duration("from", 0, "`time` of the story to begin at; may be negative")
	wait := flags.Bool("wait", false, "begin with the first request")
	list := flags.Bool("list", false, "list the scenarios and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *list {
		return listScenarios(stdout)
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("give one scenario after the flags, not %d: a file, or a name that -list shows", flags.NArg())
	}
	if *speed <= 0 {
		return fmt.Errorf("speed is %g: give a number above zero", *speed)
	}
	sc, err := herokusim.Load(flags.Arg(0))
	if err != nil {
		return err
	}
	story, err := sc.Play()
	if err != nil {
		return err
	}
	return serve(ctx, *listen, story, herokusim.Options{Speed: *speed, From: *from}, *wait, stdout)
}

func listScenarios(stdout io.Writer) error {
	for _, name := range herokusim.Names() {
		sc, err := herokusim.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%-18s %s\n", name, sc.About)
	}
	return nil
}

// serve answers until ctx ends.
func serve(ctx context.Context, address string, story *herokusim.Story, o herokusim.Options, wait bool, stdout io.Writer) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: write it as in \"127.0.0.1:8080\"", address)
	}
	// It takes any key and tells everything: never for others on the network.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen address %q is not of this machine alone: use 127.0.0.1, [::1] or localhost", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	sim := herokusim.NewServer(story, o)
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { sim.Begin(); close(begun) })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { begin(); sim.ServeHTTP(w, r) })
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	introduce(stdout, "http://"+listener.Addr().String(), story)
	if !wait {
		begin()
	}
	select {
	case <-begun:
		tell(ctx, stdout, sim, story, o)
	case <-ctx.Done():
	}
	select {
	case <-ctx.Done():
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	}
	return server.Close()
}

// introduce tells how clients find the server.
func introduce(w io.Writer, url string, story *herokusim.Story) {
	sc := story.Scenario
	app := sc.AppName()
	fmt.Fprintf(w, `%s

  address  %s
  app      %s

for the gate (start it at %s of the story):

  env 'INPUT_API-URL=%s' INPUT_APP=%s HEROKU_API_KEY=any rollout-gate

for the official heroku command:

  env HEROKU_HOST=%s HEROKU_API_KEY=any heroku ps --app %s

`, sc.About, url, app, story.Gate, url, app, url, app)
}

// tell prints the story as it happens, to its end.
func tell(ctx context.Context, w io.Writer, sim *herokusim.Server, story *herokusim.Story, o herokusim.Options) {
	for _, what := range story.Telling() {
		if what.At < o.From {
			continue
		}
		wait := time.Duration(float64(what.At-sim.Now()) / o.Speed)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		fmt.Fprintf(w, "%9s  %s\n", what.At.Round(10*time.Millisecond), what.Text)
	}
}
