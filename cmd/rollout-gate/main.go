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
	// Outputs are written also when nobody reads the log any more. A signal that is ignored would
	// also be so in a command that is run.
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
				// Left to the default action, which process 1 of a container does not have, the
				// exit status would be 2: that of invalid inputs.
				os.Exit(gate.ExitInterrupted)
			}
			interrupt()
		}
	}()
	os.Exit(command.Main(ctx))
}
