// The command line: which flags there are, and what was given. Values are understood
// elsewhere, where those of the environment are, too.

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

// A usageError is a command line that cannot be understood: one line, without secrets. What
// comes behind it says where the help is.
type usageError string

func (e usageError) Error() string { return string(e) }

// given is what stands in a command line.
type given struct {
	flags  map[string]string // those that are there, by name
	args   []string          // what stands beside them
	behind []string          // what stands behind "--"
}

// has reports whether a switch is on.
func (g given) has(name string) bool { return yesNoWords[g.flags[name]] }

// text is the value of a flag, as it was written.
type text struct{ value, kind string }

func (t *text) String() string     { return t.value }
func (t *text) Set(v string) error { t.value = v; return nil }
func (t *text) Type() string       { return t.kind }

// switches are the flags of the program that are no inputs.
var switches = []struct{ name, about string }{
	{"help", "Show this help."},
	{"version", "Show which version this is."},
}

// jsonFlag is that of a wait and of its replay.
const jsonFlag = "json"

// addJSON adds the switch for the end as JSON.
func addJSON(set *pflag.FlagSet) *pflag.FlagSet {
	addSwitch(set, jsonFlag, "When the wait is over, print all outputs by their names, as one JSON object, on standard output. The progress, and what a COMMAND prints, go to standard error.")
	return set
}

// waitFlags are those of a wait: the inputs, and the switches.
func waitFlags() *pflag.FlagSet {
	set := newFlags()
	for _, in := range Inputs {
		// The library takes what stands in backquotes for the value's name.
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

// replayFlags are those of a replay.
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

// parse reads a command line. The error is pflag.ErrHelp, or a usageError.
func parse(set *pflag.FlagSet, args []string) (given, error) {
	g := given{flags: map[string]string{}}
	if err := set.Parse(joinYesNo(set, args)); err != nil {
		return g, inOurWords(set, err)
	}
	set.Visit(func(f *pflag.Flag) { g.flags[f.Name] = f.Value.String() })
	g.args = set.Args()
	if n := set.ArgsLenAtDash(); n >= 0 {
		g.args, g.behind = g.args[:n], g.args[n:]
	}
	for _, name := range []string{"help", "version", jsonFlag, measureFlag} {
		v, is := g.flags[name]
		if _, known := yesNoWords[v]; is && !known {
			return g, usageError(fmt.Sprintf("flag --%s is %q: it is one of true, false;", name, short(v)))
		}
	}
	if g.has("help") {
		return g, pflag.ErrHelp
	}
	return g, nil
}

// joinYesNo writes "--require-proof true" as "--require-proof=true": the library takes the
// value of a flag that can do without one only so.
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
		case f.NoOptDefVal == "": // what follows is its value, whatever it looks like
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

// example is a value as a person would write it.
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

// inOurWords says what is wrong with a command line, and what to do next.
func inOurWords(set *pflag.FlagSet, err error) error {
	var unknown *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return pflag.ErrHelp
	case errors.As(err, &needs):
		name := needs.GetFlag().Name
		return usageError(fmt.Sprintf("flag --%s has no value: write it as in %q;", name, "--"+name+" "+example(name)))
	case errors.As(err, &unknown):
		written, name := "--", unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			// One hyphen. What stands behind "=" may be a key.
			written = "-"
			name, _, _ = strings.Cut(short, "=")
		}
		var names []string
		set.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return usageError(fmt.Sprintf("unknown flag %s%s%s", written, printable(short(name)), orNearest(name, names, "--%s")))
	}
	return usageError(`flags are written "--name value" or "--name=value":`)
}

// orNearest ends a sentence on a word that is not known: with the word that was meant.
func orNearest(word string, words []string, verb string) string {
	if near := nearest(word, words); near != "" {
		return fmt.Sprintf(": did you mean "+verb+"?", near)
	}
	return ":"
}

// nearest is the word that was meant: one that is spelt nearly so, or the first that begins so;
// empty if there is none.
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

// short is a word of a command line, unless it is so long that it may be a key that stands
// in the wrong place.
func short(word string) string {
	if letters := []rune(word); len(letters) > 30 {
		return string(letters[:4]) + "…"
	}
	return word
}

// printable is text from outside as one line without control codes.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
