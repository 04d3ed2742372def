// The subcommands: what the program can do besides waiting.

package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// A subcommand is chosen by the first argument of the program.
type subcommand struct {
	name   string
	args   string // as the help shows them
	about  string // one line, for the help of the program
	long   string // for its own help, wrapped
	takes  string // what arguments it takes, for the error message
	argsOK func(commandLine) bool
	flags  func() *pflag.FlagSet
	run    func(c *Command, ctx context.Context, given commandLine) int
}

func subcommands() []subcommand {
	return []subcommand{
		{
			name: "replay", args: "FILE...", about: "judge a recorded run again, or measure it",
			long: `Judges a recorded run again, and ends as that run did: with the same log, the
same verdict and the same exit status. FILE is a recording, which the input
"record" has written. The program sends no request to Heroku, and writes no
outputs and no summary.

With --measure the program shows instead what Heroku did in that run. For
several files it prints one table, with the medians. It names each file that it
cannot read, and then ends with status 2.
`,
			takes:  "one file, the recording, and with --measure several",
			argsOK: func(l commandLine) bool { return len(l.args) == 1 || len(l.args) > 1 && l.isOn(measureFlag) },
			flags:  replayFlags, run: (*Command).replay,
		},
		{
			name: "watch-ahead", args: "--app NAME", about: "watch from before a deploy, for a gate",
			long: `Watches an app from before a deploy, and writes what it observes to a recording.
The gate after the deploy finds that recording by the name of the app, continues
the watch, and ends it. Without a gate the watch ends after an hour. The action
"begin" starts it.
`,
			takes: "no arguments", argsOK: func(l commandLine) bool { return len(l.args) == 0 },
			flags: aheadFlags, run: (*Command).watchAhead,
		},
		{
			name: "version", about: "show which version this is",
			long:  "Shows which version of the program this is. --version does the same.\n",
			takes: "no arguments", argsOK: func(l commandLine) bool { return len(l.args) == 0 },
			flags: newFlags, run: (*Command).version,
		},
		{
			name: "help", args: "[COMMAND]", about: "show this help, or that of a command",
			takes: "the name of one command", argsOK: func(l commandLine) bool { return len(l.args) <= 1 },
			flags: newFlags, run: (*Command).help,
		},
	}
}

// usage is the subcommand with its arguments, as the help shows it.
func (s *subcommand) usage() string {
	return strings.TrimRight("rollout-gate "+s.name+" "+s.args, " ")
}

// help is the help of the subcommand. The subcommand "help" shows the help of the program.
func (s *subcommand) help() string {
	if s.long == "" {
		return help()
	}
	text := "Usage:\n  " + s.usage() + "\n\n" + s.long
	if flags := flagHelp(s.flags()); flags != "" {
		text += "\nFlags:\n" + flags
	}
	return text
}

// main parses the arguments after the name of the subcommand, and runs it.
func (s *subcommand) main(ctx context.Context, c *Command) int {
	given, err := parse(s.flags(), c.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprint(c.Stdout, s.help())
		return ExitPassed
	case err == nil && (!s.argsOK(given) || given.command != nil):
		err = usageError(fmt.Sprintf("%s takes %s;", s.name, s.takes))
	}
	if err != nil {
		return c.refuse(err, s.name+" ")
	}
	return s.run(c, ctx, given)
}

// help shows the help of the program, or of the subcommand that is named.
func (c *Command) help(_ context.Context, given commandLine) int {
	var names []string
	for _, sub := range subcommands() {
		if len(given.args) == 1 && sub.name == given.args[0] {
			fmt.Fprint(c.Stdout, sub.help())
			return ExitPassed
		}
		names = append(names, sub.name)
	}
	if len(given.args) == 1 {
		return c.refuse(usageError(fmt.Sprintf("there is no command %q%s", shorten(given.args[0]), suggestion(given.args[0], names, "%q"))), "")
	}
	fmt.Fprint(c.Stdout, help())
	return ExitPassed
}

func (c *Command) version(context.Context, commandLine) int {
	fmt.Fprintln(c.Stdout, "rollout-gate", c.Version)
	return ExitPassed
}

// refuse prints what is wrong with the command line, or the help if the error is that somebody asked for
// it. It returns the exit status. command is the name of the subcommand and a space, or empty.
func (c *Command) refuse(err error, command string) int {
	if errors.Is(err, pflag.ErrHelp) {
		fmt.Fprint(c.Stdout, help())
		return ExitPassed
	}
	where := "--help"
	if command != "" {
		where = fmt.Sprintf("%q", "rollout-gate "+command+where)
	}
	fmt.Fprintf(c.Stderr, "rollout-gate: %v see %s\n", err, where)
	return ExitInvalid
}

// unknownArgument is the error for an argument that is neither a flag nor a subcommand.
func unknownArgument(arg string) error {
	var names []string
	for _, sub := range subcommands() {
		names = append(names, sub.name)
	}
	if near := nearest(arg, names); near != "" {
		return usageError(fmt.Sprintf("argument %q is not known: did you mean %q?", arg, near))
	}
	return usageError(fmt.Sprintf("argument %q is not known: inputs are given as flags, for example --app my-app;", shorten(arg)))
}
