// Command rollout-gate waits until no dyno of an older release can still be running.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"heroku-rollout-gate/gate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	info, err := os.Stdout.Stat()
	command := gate.Command{
		Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
	}
	os.Exit(command.Main(ctx))
}
