// Command rollout-gate waits until no dyno of an older release can still be running.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"heroku-rollout-gate/gate"
)

func main() {
	ctx, interrupt := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		<-signals
		interrupt()
		// The second ends the program at once. Left to the default action, which process 1
		// of a container does not have, the exit status would be 2: that of invalid inputs.
		<-signals
		os.Exit(gate.ExitInterrupted)
	}()
	signal.Ignore(syscall.SIGPIPE) // outputs are written also when nobody reads the log any more
	info, err := os.Stdout.Stat()
	build, _ := debug.ReadBuildInfo()
	command := gate.Command{
		Args: os.Args[1:], Version: gate.Version(build), Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
	}
	os.Exit(command.Main(ctx))
}
