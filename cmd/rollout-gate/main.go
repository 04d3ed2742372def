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
	if !signal.Ignored(syscall.SIGHUP) { // under nohup it is ignored, and stays so
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Catch SIGPIPE, so that the program writes its outputs even if nobody reads the log any more. To ignore it
	// is not possible: the deploy command would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	keyboard, noKeyboard := os.Open("/dev/tty")
	if noKeyboard == nil {
		keyboard.Close()
	}
	build, _ := debug.ReadBuildInfo()
	command := gate.Command{
		Args: os.Args[1:], Version: gate.Version(build), Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Keyboard: noKeyboard == nil,
	}
	command.Terminal, command.Width = gate.Terminal(os.Stdout)
	go func() {
		for interrupted := false; ; interrupted = true {
			sig := <-signals
			for command.HandOn(sig) {
				sig = <-signals
			}
			if interrupted {
				// The default action would not do: process 1 of a container has none, and the exit
				// status would be 2, as for invalid inputs.
				os.Exit(gate.ExitInterrupted)
			}
			interrupt()
		}
	}()
	os.Exit(command.Main(ctx))
}
