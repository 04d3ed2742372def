// The help of the program and of its commands: at most 80 columns wide.

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

// groups are the headings of the flags. Each stands before the flag that it is filed under,
// and holds for those that follow in the table.
var groups = map[string]string{
	"app":          "What to wait for",
	"timeout":      "How long to wait",
	"logs":         "What counts as proof",
	"on-supersede": "What else happens meanwhile",
	"observe-only": "Around the wait",
	jsonFlag:       "The program",
}

// valueNames are what the help calls the values of inputs.
var valueNames = map[string]string{
	"app": "name", "api-key": "key", "release": "version", "newer-than": "version", "commit": "sha", "process-types": "list",
	"poll-interval": "duration", "preboot-hold": "duration", "record": "file", "api-url": "url",
}

// valueName is what the help calls the value. It does not name a "bool".
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

// help is that of the whole program.
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
			if title := groups[name]; title != "" {
				fmt.Fprintf(&b, "\n%s:\n", title)
			}
		}
		b.WriteString(line)
	}
	b.WriteString(afterFlags)
	return b.String()
}

// flagHelp tells of flags, aligned and wrapped. The library leaves room for flags of one
// letter, which we have none of.
func flagHelp(set *pflag.FlagSet) string {
	const room = "    "
	var b strings.Builder
	for line := range strings.Lines(set.FlagUsagesWrapped(helpWidth + len(room))) {
		b.WriteString(strings.TrimPrefix(strings.TrimRight(line, " \n"), room) + "\n")
	}
	return b.String()
}
