// The command line: which flags there are, and how they are read. The file inputs.go parses their values,
// together with those from the environment.

package gate

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"heroku-rollout-gate/gate/spelling"

	"github.com/spf13/pflag"
)

// A usageError says what is wrong with the command line, in one line and without secrets. It ends with a
// punctuation mark, since refuse adds where the help is.
type usageError string

func (e usageError) Error() string { return string(e) }

// A commandLine is a command line, split.
type commandLine struct {
	flags   map[string]string // the flags that were given, with their values
	args    []string          // the arguments that are no flags
	command []string          // everything after "--"; nil: there is no "--"
}

// isOn reports whether a switch is on: a flag that is true or false.
func (l commandLine) isOn(name string) bool { return yesNoWords[l.flags[name]] }

// text is the value of a flag, as the user wrote it. It implements pflag.Value.
type text struct{ value, kind string }

func (t *text) String() string     { return t.value }
func (t *text) Set(v string) error { t.value = v; return nil }
func (t *text) Type() string       { return t.kind }

// switches are the flags of the program that are not inputs.
var switches = []struct{ name, about string }{
	{"help", "Show this help."},
	{"version", "Show which version this is."},
}

// jsonFlag is a flag of a wait and of replay.
const jsonFlag = "json"

func addJSON(set *pflag.FlagSet) *pflag.FlagSet {
	addSwitch(set, jsonFlag, "When the wait is over, print all outputs by their names, as one JSON object, on standard output. The progress, and what a COMMAND prints, go to standard error.")
	return set
}

// waitFlags are the flags of a wait: the inputs and the switches.
func waitFlags() *pflag.FlagSet {
	set := newFlags()
	for _, in := range Inputs {
		// The library would take a word in backquotes as the name of the value.
		about := strings.ReplaceAll(in.About, "`", "")
		f := set.VarPF(&text{in.Default, in.valueName()}, in.Name, "", about)
		if in.yesNo() {
			f.NoOptDefVal = "true"
		}
	}
	addJSON(set)
	addSwitches(set)
	return set
}

func replayFlags() *pflag.FlagSet {
	set := newFlags()
	addSwitch(set, measureFlag, "Show what Heroku did in these runs: when it stopped old dynos, how long these took to end, how late lists and log were, and how long the hold would have been.")
	return addJSON(set)
}

func newFlags() *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.SortFlags = false
	return set
}

func addSwitches(set *pflag.FlagSet) {
	for _, s := range switches {
		addSwitch(set, s.name, s.about)
	}
}

func addSwitch(set *pflag.FlagSet, name, about string) {
	set.VarPF(&text{"false", "bool"}, name, "", about).NoOptDefVal = "true"
}

// parse reads a command line. The error is pflag.ErrHelp or a usageError.
func parse(set *pflag.FlagSet, args []string) (commandLine, error) {
	l := commandLine{flags: map[string]string{}}
	if err := set.Parse(joinYesNo(set, args)); err != nil {
		return l, explainFlagError(set, err)
	}
	set.Visit(func(f *pflag.Flag) { l.flags[f.Name] = f.Value.String() })
	l.args = set.Args()
	if n := set.ArgsLenAtDash(); n >= 0 {
		l.args, l.command = l.args[:n], l.args[n:]
	}
	for _, name := range []string{"help", "version", jsonFlag, measureFlag} {
		v, is := l.flags[name]
		if _, known := yesNoWords[v]; is && !known {
			return l, usageError(fmt.Sprintf("flag --%s is %q: it is one of true, false;", name, shorten(v)))
		}
	}
	if l.isOn("help") {
		return l, pflag.ErrHelp
	}
	return l, nil
}

// joinYesNo writes "--require-proof true" as "--require-proof=true". If the value of a flag is optional, the
// library accepts only the second form.
func joinYesNo(set *pflag.FlagSet, args []string) []string {
	var joined []string
	for i := 0; i < len(args); i++ {
		joined = append(joined, args[i])
		name, isFlag := strings.CutPrefix(args[i], "--")
		f := set.Lookup(name)
		switch {
		case args[i] == "--":
			return append(joined, args[i+1:]...)
		case !isFlag || f == nil || i+1 == len(args):
		case f.NoOptDefVal == "": // the next argument is its value, even if it looks like a flag
			i++
			joined = append(joined, args[i])
		default:
			if _, known := yesNoWords[args[i+1]]; known {
				i++
				joined[len(joined)-1] += "=" + args[i]
			}
		}
	}
	return joined
}

// example returns a value for a flag, for an error message.
func example(name string) string {
	for _, in := range Inputs {
		switch {
		case in.Name != name:
		case in.Name == "app":
			return "my-app"
		case in.Default != "":
			return in.Default
		default:
			return strings.ToUpper(in.valueName())
		}
	}
	return "VALUE"
}

// explainFlagError turns an error of the library into one that says what to do next.
func explainFlagError(set *pflag.FlagSet, err error) error {
	var unknown *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return pflag.ErrHelp
	case errors.As(err, &needs):
		name := needs.GetFlag().Name
		return usageError(fmt.Sprintf("flag --%s has no value: write it as in %q;", name, "--"+name+" "+example(name)))
	case errors.As(err, &unknown):
		hyphens, name := "--", unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			hyphens = "-"
			name, _, _ = strings.Cut(short, "=") // the value after "=" may be a key
		}
		var names []string
		set.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usageError(fmt.Sprintf("unknown flag %s%s%s", hyphens, printable(shorten(name)), suggestion(name, names, "--%s")))
	}
	return usageError(`flags are written "--name value" or "--name=value":`)
}

// suggestion ends a sentence about an unknown word: it asks for the word that was probably meant, or is ":".
func suggestion(word string, words []string, verb string) string {
	if near := nearest(word, words); near != "" {
		return fmt.Sprintf(": did you mean "+verb+"?", near)
	}
	return ":"
}

// nearest returns the word that was probably meant: one that is spelt similarly, or the first that begins with
// word; empty if there is none.
func nearest(word string, words []string) string {
	if near := spelling.Closest(word, words); near != "" {
		return near
	}
	begins := func(w string) bool { return len(word) >= len("pre") && strings.HasPrefix(w, word) }
	if i := slices.IndexFunc(words, begins); i >= 0 {
		return words[i]
	}
	return ""
}

// shorten cuts a word that is so long that it may be a key in the wrong place.
func shorten(word string) string {
	if letters := []rune(word); len(letters) > 30 {
		return string(letters[:4]) + "…"
	}
	return word
}

// printable escapes control codes, so that the text is one line.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
