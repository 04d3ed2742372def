// The command line: what it accepts, what it refuses and with which message, and its help.

package gate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/rollout"
)

// commandLine runs the program with arguments, without an environment or a platform.
func commandLine(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := gate.Command{Args: args, Stdout: &out, Stderr: &errs, Transport: noNetwork{t}}
	return c.Main(t.Context()), out.String(), errs.String()
}

// An invalid command line gives one line that says what to do next.
func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args []string
		says string
	}{
		"nearly a flag":               {[]string{"--ap", "shop"}, `unknown flag --ap: did you mean --app? see --help`},
		"nearly a flag, with a value": {[]string{"--require-prof=secret"}, `unknown flag --require-prof: did you mean --require-proof? see --help`},
		"beginning of a flag":         {[]string{"--process", "web"}, `unknown flag --process: did you mean --process-types? see --help`},
		"no such flag":                {[]string{"--wait-for-godot"}, `unknown flag --wait-for-godot: see --help`},
		"one hyphen":                  {[]string{"-app", "shop"}, `unknown flag -app: did you mean --app? see --help`},
		"one letter":                  {[]string{"-a"}, `unknown flag -a: see --help`},
		"no value":                    {[]string{"--app"}, `flag --app has no value: write it as in "--app my-app"; see --help`},
		"no flag":                     {[]string{"shop"}, `argument "shop" is not known: inputs are given as flags, for example --app my-app; see --help`},
		"nearly a command":            {[]string{"repaly", "x.jsonl"}, `argument "repaly" is not known: did you mean "replay"? see --help`},
		"a word beside flags":         {[]string{"--app", "shop", "now"}, `argument "now" is not known: inputs are given as flags, for example --app my-app; see --help`},
		"neither true nor false":      {[]string{"--require-proof", "maybe"}, `argument "maybe" is not known: inputs are given as flags, for example --app my-app; see --help`},
		"escape codes":                {[]string{"--\x1b[31m\nx"}, `unknown flag --\x1b[31m\nx: see --help`},
		"replay what":                 {[]string{"replay"}, `replay takes one file, the recording, and with --measure several; see "rollout-gate replay --help"`},
		"replay measure what":         {[]string{"replay", "--measure"}, `replay takes one file, the recording, and with --measure several; see "rollout-gate replay --help"`},
		"replay measure of a doubt":   {[]string{"replay", "--measure=maybe", "a"}, `flag --measure is "maybe": it is one of true, false; see "rollout-gate replay --help"`},
		"replay two":                  {[]string{"replay", "a", "b"}, `replay takes one file, the recording, and with --measure several; see "rollout-gate replay --help"`},
		"replay with an input":        {[]string{"replay", "--app", "shop", "a"}, `unknown flag --app: see "rollout-gate replay --help"`},
		"version of what":             {[]string{"version", "1"}, `version takes no arguments; see "rollout-gate version --help"`},
		"help on what":                {[]string{"help", "rplay"}, `there is no command "rplay": did you mean "replay"? see --help`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := commandLine(t, tc.args...)
			if want := "rollout-gate: " + tc.says + "\n"; status != gate.ExitInvalid || stderr != want || stdout != "" {
				t.Errorf("%q: status %d, stdout %q, stderr\n%swant\n%s", tc.args, status, stdout, stderr, want)
			}
		})
	}
}

// The value of a flag follows a blank or "=". True and false are written as in YAML and in
// GitHub's own actions. The error messages show how the gate understood a value.
func TestFlagForms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args  []string
		says  string // empty: all is well, and the missing key is the only complaint
		never string
	}{
		"blank":                    {args: []string{"--app", "Shop!"}, says: `input "app" is "Shop!"`},
		"equals":                   {args: []string{"--app=Shop!"}, says: `input "app" is "Shop!"`},
		"value with a hyphen":      {args: []string{"--app", "shop", "--settle", "-5s"}, says: `input "settle" is "-5s"`},
		"empty is unset":           {args: []string{"--app", "shop", "--timeout", ""}},
		"the last one counts":      {args: []string{"--app", "Shop!", "--app", "shop"}},
		"yes by itself":            {args: []string{"--require-proof", "--app", "shop"}},
		"yes by itself, at last":   {args: []string{"--app", "shop", "--require-proof"}},
		"yes behind a blank":       {args: []string{"--require-proof", "true", "--app", "shop"}},
		"no behind equals":         {args: []string{"--require-proof=false", "--app", "shop"}},
		"neither, behind equals":   {args: []string{"--app", "shop", "--require-proof=maybe"}, says: `input "require-proof" is "maybe"`},
		"a value that is no flag":  {args: []string{"--app", "--require-proof", "true"}, says: `argument "true" is not known`},
		"a value that is a switch": {args: []string{"--app", "--require-proof"}, says: `input "app" is "--require-proof"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := commandLine(t, tc.args...)
			said := stdout + stderr
			if status != gate.ExitInvalid || !strings.Contains(said, tc.says) {
				t.Errorf("%q: status %d, and %q is not said:\n%s", tc.args, status, tc.says, said)
			}
			if tc.says == "" && strings.Count(said, "invalid input: input") != 1 {
				t.Errorf("%q: there are complaints:\n%s", tc.args, said)
			}
		})
	}
}

// Every spelling of true and false means the same in a flag and in an input of the action.
func TestSpellingsOfTrueAndFalse(t *testing.T) {
	t.Parallel()
	for _, in := range gate.Inputs {
		if in.Default != "false" {
			continue
		}
		for _, v := range []string{"true", "True", "TRUE", "false", "False", "FALSE"} {
			for how, said := range map[string]string{
				"flag":  refuse(t, nil, "--"+in.Name, v),
				"input": refuse(t, map[string]string{"INPUT_" + strings.ToUpper(in.Name): v}),
			} {
				if strings.Contains(said, `"`+in.Name+`"`) || strings.Contains(said, "not known") {
					t.Errorf("%s %s %s is refused:\n%s", how, in.Name, v, said)
				}
			}
		}
		for _, v := range []string{"yes", "on", "1", "tRUE"} {
			if said := refuse(t, map[string]string{"INPUT_" + strings.ToUpper(in.Name): v}); !strings.Contains(said, `input "`+in.Name+`" is "`+v+`": it is one of true, false`) {
				t.Errorf("input %s: %s is not refused:\n%s", in.Name, v, said)
			}
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	helps := map[string]string{}
	for name, args := range map[string][]string{
		"--help": {"--help"}, "-h": {"-h"}, "help": {"help"}, "among flags": {"--app", "shop", "--help"},
		"replay --help": {"replay", "--help"}, "help replay": {"help", "replay"}, "replay -h": {"replay", "x", "-h"},
		"version --help": {"version", "--help"}, "help help": {"help", "help"},
	} {
		status, stdout, stderr := commandLine(t, args...)
		if status != gate.ExitPassed || stderr != "" {
			t.Errorf("%q: status %d, stderr %q", args, status, stderr)
		}
		for line := range strings.Lines(stdout) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%q: a line has %d columns: %s", args, n, line)
			}
			if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
				t.Errorf("%q: blanks end the line %q", args, line)
			}
		}
		helps[name] = stdout
	}
	for _, same := range [][2]string{{"--help", "-h"}, {"--help", "help"}, {"--help", "among flags"}, {"--help", "help help"}, {"replay --help", "help replay"}, {"replay --help", "replay -h"}} {
		if helps[same[0]] != helps[same[1]] || helps[same[0]] == "" {
			t.Errorf("%q and %q tell different things", same[0], same[1])
		}
	}
	for _, in := range gate.Inputs {
		if n := strings.Count(helps["--help"], "\n  --"+in.Name+" ") + strings.Count(helps["--help"], "\n  --"+in.Name+"\n"); n != 1 {
			t.Errorf("--help tells of --%s %d times", in.Name, n)
		}
	}
	golden(t, "help.txt", helps["--help"])
	golden(t, "help-replay.txt", helps["replay --help"])
}

// golden compares a text with testdata/name.
func golden(t *testing.T, name, text string) {
	t.Helper()
	compare(t, filepath.Join("testdata", name), func(string) string { return text })
}

func TestVersionCommand(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := commandLine(t, "version")
	if _, again, _ := commandLine(t, "--version"); again != stdout {
		t.Errorf("version says %q, --version %q", stdout, again)
	}
	if status != gate.ExitPassed || stderr != "" || !strings.HasPrefix(stdout, "rollout-gate ") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

// The program stays small: the image contains nothing else.
func TestProgramIsSmall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program")
	}
	const most = 12_000_000
	program := buildAsShipped(t)
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= most {
		t.Errorf("the program has %d bytes, and should have less than %d", info.Size(), most)
	}
}

// noWay fails every request.
type noWay struct{}

func (noWay) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no way") }

// A key in the wrong place of a command line is not printed.
func TestCommandLinesKeepSecrets(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{testKey}, {"--api-key=", testKey}, {"--api-kye=" + testKey}, {"--api-kye", testKey}, {"-api-key=" + testKey}, {"-api-key", testKey},
		{"-k" + testKey}, {"--" + testKey}, {"--=" + testKey}, {"---" + testKey}, {"--json=" + testKey}, {"replay", "--api-key", testKey}, {"help", testKey}, {"--app", "shop", "--", testKey},
		{"--app", "Shop!", "--api-key", testKey},
	} {
		status, stdout, stderr := commandLine(t, args...)
		if status != gate.ExitInvalid || strings.Contains(stdout+stderr, testKey[5:]) || stdout+stderr == "" {
			t.Errorf("%q: status %d, printed:\n%s%s", args, status, stdout, stderr)
		}
	}
}

// The usage shows the required arguments of a command.
func TestUsageNamesWhatIsRequired(t *testing.T) {
	t.Parallel()
	const usage = "  rollout-gate watch-ahead --app NAME"
	for _, args := range [][]string{{"--help"}, {"help", "watch-ahead"}, {"watch-ahead", "--help"}} {
		if status, stdout, _ := commandLine(t, args...); status != gate.ExitPassed || !strings.Contains(stdout, usage) {
			t.Errorf("%q: status %d, without %q:\n%s", args, status, usage, stdout)
		}
	}
}

// The wait uses the values of the flags: the first line of a recording shows them.
func TestFlagsReachTheWait(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args          []string
		proof, oneOff bool
	}{
		"neither":           {},
		"by itself":         {args: []string{"--require-proof"}, proof: true},
		"both":              {args: []string{"--require-proof", "--include-one-off"}, proof: true, oneOff: true},
		"behind a blank":    {args: []string{"--require-proof", "True", "--include-one-off", "FALSE"}, proof: true},
		"behind equals":     {args: []string{"--include-one-off=TRUE", "--require-proof=False"}, oneOff: true},
		"the last one":      {args: []string{"--require-proof", "--require-proof=false"}},
		"among other flags": {args: []string{"--require-proof", "--settle", "3s"}, proof: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "recording")
			ctx, interrupt := context.WithCancel(t.Context())
			interrupt()
			c := gate.Command{Args: append(tc.args, "--app", "shop", "--api-key", testKey, "--record", file), Stdout: io.Discard, Stderr: io.Discard, Transport: noWay{}}
			if status := c.Main(ctx); status != gate.ExitInterrupted {
				t.Errorf("status %d", status)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var first struct{ Config rollout.Config }
			if err := json.NewDecoder(bytes.NewReader(data)).Decode(&first); err != nil {
				t.Fatal(err)
			}
			if got := first.Config; got.App != "shop" || got.RequireProof != tc.proof || got.IncludeOneOff != tc.oneOff {
				t.Errorf("%q: %+v", tc.args, got)
			}
		})
	}
}
