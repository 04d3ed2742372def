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
	{"help", "Show this."},
	{"version", "Show which version this is."},
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
	addSwitches(set)
	return set
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
		set.VarPF(&text{"false", "bool"}, s.name, "", s.about).NoOptDefVal = "true"
	}
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
	for _, s := range switches {
		v, is := g.flags[s.name]
		if _, known := yesNoWords[v]; is && !known {
			return g, usageError(fmt.Sprintf("flag --%s is %q: it is one of true, false;", s.name, v))
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
		set.VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return usageError(fmt.Sprintf("unknown flag %s%s%s", written, printable(name), orNearest("--"+name, names, "%s")))
	}
	said, _, _ := strings.Cut(err.Error(), "=") // a value may be a key
	return usageError(printable(said) + ":")
}

// orNearest ends a sentence on a word that is not known: with the word that was meant.
func orNearest(word string, words []string, verb string) string {
	if near := nearest(word, words); near != "" {
		return fmt.Sprintf(": did you mean "+verb+"?", near)
	}
	return ":"
}

// nearest is the word that was meant: the one that takes the fewest edits, few enough for
// its length, or the first that begins so; empty if there is none.
func nearest(word string, words []string) string {
	best, least := "", max(1, len(strings.TrimLeft(word, "-"))/3)+1
	for _, w := range words {
		if d := edits(word, w); d < least {
			best, least = w, d
		}
	}
	begins := func(w string) bool { return len(word) >= len("--pre") && strings.HasPrefix(w, word) }
	if i := slices.IndexFunc(words, begins); best == "" && i >= 0 {
		best = words[i]
	}
	return best
}

// edits is how many letters have to be put in, taken out or changed to make b of a
// (the distance of Levenshtein).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// printable is text from outside as one line without control codes.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
