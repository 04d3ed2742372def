// What the program does beside waiting: each with its arguments and its help.

package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// A subcommand is what the program does if its first argument says so.
type subcommand struct {
	name  string
	args  string // as the help shows them
	about string // for the list of all, one line
	long  string // its own help, wrapped
	// takes says what arguments there must be; taken reports whether these will do.
	takes string
	taken func(given) bool
	flags func() *pflag.FlagSet
	run   func(c *Command, ctx context.Context, given given) int
}

// subcommands are all of them.
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
			takes: "one file, the recording, and with --measure several",
			taken: func(g given) bool { return len(g.args) == 1 || len(g.args) > 1 && g.has(measureFlag) },
			flags: replayFlags, run: (*Command).replay,
		},
		{
			name: "watch-ahead", args: "--app NAME", about: "watch from before a deploy, for a gate",
			long: `Watches an app from before a deploy, and writes what it observes to a recording.
The gate after the deploy finds that recording by the name of the app, continues
the watch, and ends it. Without a gate the watch ends after an hour. The action
"begin" starts it.
`,
			takes: "no arguments", taken: func(g given) bool { return len(g.args) == 0 },
			flags: aheadFlags, run: (*Command).watchAhead,
		},
		{
			name: "version", about: "show which version this is",
			long:  "Shows which version of the program this is. --version does the same.\n",
			takes: "no arguments", taken: func(g given) bool { return len(g.args) == 0 },
			flags: newFlags, run: (*Command).version,
		},
		{
			name: "help", args: "[COMMAND]", about: "show this help, or that of a command",
			takes: "the name of one command", taken: func(g given) bool { return len(g.args) <= 1 },
			flags: newFlags, run: (*Command).help,
		},
	}
}

// usage is how the command is written.
func (s *subcommand) usage() string {
	return strings.TrimRight("rollout-gate "+s.name+" "+s.args, " ")
}

// help is that of the command; that of "help" is the program's.
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

// main runs the command with the arguments behind its name.
func (s *subcommand) main(ctx context.Context, c *Command) int {
	given, err := parse(s.flags(), c.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprint(c.Stdout, s.help())
		return ExitPassed
	case err == nil && (!s.taken(given) || given.behind != nil):
		err = usageError(fmt.Sprintf("%s takes %s;", s.name, s.takes))
	}
	if err != nil {
		return c.refuse(err, s.name+" ")
	}
	return s.run(c, ctx, given)
}

// help shows the help of the program, or that of a command.
func (c *Command) help(_ context.Context, given given) int {
	var names []string
	for _, sub := range subcommands() {
		if len(given.args) == 1 && sub.name == given.args[0] {
			fmt.Fprint(c.Stdout, sub.help())
			return ExitPassed
		}
		names = append(names, sub.name)
	}
	if len(given.args) == 1 {
		return c.refuse(usageError(fmt.Sprintf("there is no command %q%s", short(given.args[0]), orNearest(given.args[0], names, "%q"))), "")
	}
	fmt.Fprint(c.Stdout, help())
	return ExitPassed
}

// version shows what the build says of itself.
func (c *Command) version(context.Context, given) int {
	fmt.Fprintln(c.Stdout, "rollout-gate", c.Version)
	return ExitPassed
}

// refuse ends on a command line that cannot be understood; asking for help is none.
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

// unknownArgument is one that is neither a flag nor a command.
func unknownArgument(arg string) error {
	var names []string
	for _, sub := range subcommands() {
		names = append(names, sub.name)
	}
	if near := nearest(arg, names); near != "" {
		return usageError(fmt.Sprintf("argument %q is not known: did you mean %q?", arg, near))
	}
	return usageError(fmt.Sprintf("argument %q is not known: inputs are given as flags, for example --app my-app;", short(arg)))
}
