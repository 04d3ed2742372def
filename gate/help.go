// The help of the program and of its subcommands, at most 80 columns wide.

package gate

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const helpWidth = 80

const beforeFlags = `rollout-gate waits until no dyno of an older release can still be running.

Usage:
  rollout-gate --app NAME [flags]
  rollout-gate --app NAME [flags] -- COMMAND [ARGUMENT ...]
%s`

const afterFlags = `
Write a flag as "--name value" or "--name=value". A flag that is true or false
needs no value. The program also reads every input from the environment, as
GitHub passes it: INPUT_APP, INPUT_API-KEY or INPUT_API_KEY, and so on. Give the
key as HEROKU_API_KEY, since other users of the machine can see a command line.

With a COMMAND that deploys, the gate watches the app from before the COMMAND
on. When the COMMAND has ended, the gate waits for the release that it made. The
COMMAND has the program's input and outputs, and gets its signals; the gate
prints nothing while it runs. If the COMMAND fails, the gate does not wait, and
the exit status is that of the COMMAND: 126 if it cannot be run, 127 if it is
not found.

With RUNNER_DEBUG=1 in the environment, the log also says why the gate sends
each request, and why nothing is proven yet.

Exit status: 0 passed, 1 failed, 2 invalid input, 3 timed out, 4 undecided,
130 cancelled.
`

// flagHeadings are headings in the help, by the flag that each stands above.
var flagHeadings = map[string]string{
	"app":          "What to wait for",
	"timeout":      "How long to wait",
	"logs":         "What counts as proof",
	"on-supersede": "What else happens meanwhile",
	"observe-only": "Around the wait",
	jsonFlag:       "The program",
}

// valueNames are the names of values in the help, as in "--app name".
var valueNames = map[string]string{
	"app": "name", "api-key": "key", "release": "version", "newer-than": "version", "commit": "sha", "process-types": "list",
	"poll-interval": "duration", "preboot-hold": "duration", "record": "file", "api-url": "url",
}

// valueName is the name of the input's value in the help. The library does not show the name "bool".
func (in *Input) valueName() string {
	switch _, noDuration := time.ParseDuration(in.Default); {
	case in.yesNo():
		return "bool"
	case valueNames[in.Name] != "":
		return valueNames[in.Name]
	case noDuration == nil:
		return "duration"
	}
	return "word"
}

// help is the help of the whole program.
func help() string {
	var b strings.Builder
	var others strings.Builder
	for _, sub := range subcommands() {
		fmt.Fprintf(&others, "  %-36s %s\n", sub.usage(), sub.about)
	}
	fmt.Fprintf(&b, beforeFlags, others.String())
	for line := range strings.Lines(flagHelp(waitFlags())) {
		if name, ok := strings.CutPrefix(line, "  --"); ok {
			name, _, _ = strings.Cut(name, " ")
			if title := flagHeadings[name]; title != "" {
				fmt.Fprintf(&b, "\n%s:\n", title)
			}
		}
		b.WriteString(line)
	}
	b.WriteString(afterFlags)
	return b.String()
}

// flagHelp lists flags, aligned and wrapped. It removes the indent in which the library would print one-letter
// flags: the program has none.
func flagHelp(set *pflag.FlagSet) string {
	const indent = "    "
	var b strings.Builder
	for line := range strings.Lines(set.FlagUsagesWrapped(helpWidth + len(indent))) {
		b.WriteString(strings.TrimPrefix(strings.TrimRight(line, " \n"), indent) + "\n")
	}
	return b.String()
}
