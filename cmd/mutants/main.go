// Command mutants finds conditions that no test guards. It deletes the conditions of
// packages one at a time, runs the tests each time, and names every condition whose
// loss no test has noticed.
//
//	mutants [flags] [PACKAGE ...]
//
// Other tools for mutation testing change what a condition says; they do not ask whether
// it is needed. This tool leaves out an operand of && or ||, never or always takes an if
// or a case, or drops a value of a case or an argument of min or max. With -statements
// it also leaves out single assignments and calls.
//
// It is fast, since it compiles all mutants at once: it rewrites every condition, so that
// an environment variable can switch it off. It does so in a copy, which the go command
// takes in place of the package (flag -overlay); the source itself never changes. So a
// mutant costs one run of the tests and no compilation.
//
// It ends with status 1 if a mutant survived without an explanation in the file
// explained.txt, or if that file explains a mutant that was killed or does not exist.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], ".", os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "mutants:", err)
		}
		os.Exit(1)
	}
}

// options are the values of the flags.
type options struct {
	packages   []string
	guards     guardList
	slow       string
	explained  string
	only       string
	sample     int
	seed       int
	parallel   int
	statements bool
	list       bool
	verbose    bool
}

// guardList is a flag that can be repeated: once for each guard.
type guardList []string

func (g *guardList) String() string { return strings.Join(*g, "; ") }

func (g *guardList) Set(s string) error {
	*g = append(*g, s)
	return nil
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Var(&o.guards, "guard", "a `package` with tests, and flags of its test binary; may be given more than once;\na flag -test.run=PATTERN/ runs the subtests by themselves, as far as they can notice a mutant\n(default: the packages themselves, then the stories and the random roll-outs of ./gate)")
	flags.StringVar(&o.slow, "slow", "^TestScripts$", "a `pattern` of tests that are run last")
	flags.StringVar(&o.explained, "explained", "cmd/mutants/explained.txt", "the `file` of survivors that are explained; empty for none")
	flags.StringVar(&o.only, "only", "", "a `pattern`: only mutants whose description matches it")
	flags.IntVar(&o.sample, "sample", 0, "only so many mutants, spread over all; 0 for all of them")
	flags.IntVar(&o.seed, "seed", 1, "which ones are in the sample")
	flags.IntVar(&o.parallel, "parallel", 2, "how many mutants are tested at a time")
	flags.BoolVar(&o.statements, "statements", false, "leave out single statements, too")
	flags.BoolVar(&o.list, "list", false, "print the mutants, and test none")
	flags.BoolVar(&o.verbose, "v", false, "say of each mutant what killed it")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.packages = flags.Args(); len(o.packages) == 0 {
		o.packages = []string{"./gate/rollout"}
	}
	if o.parallel < 1 || o.sample < 0 {
		return nil, fmt.Errorf("-parallel %d -sample %d: give a number above zero", o.parallel, o.sample)
	}
	if len(o.guards) == 0 {
		o.guards = defaultGuards(o.packages, o.slow)
	}
	return o, nil
}

// defaultGuards are first the fast tests of the packages, then the tests that play the whole gate, then the
// slow tests of the packages.
func defaultGuards(packages []string, slow string) []string {
	var quick, rest []string
	for _, p := range packages {
		quick = append(quick, p+" -test.skip="+slow)
		rest = append(rest, p+" -test.run="+slow)
	}
	const stories = "./gate -test.run=^TestStories$/"
	const rolls = "./gate -rolls=100 -test.run=^(TestRandomRollouts|TestCrashesBesideBreaks|TestFaultsThatPass|TestFaultsOfOneEndpoint|TestNoDateAtAll|TestSlowStaleStart)$"
	return append(append(quick, stories, rolls), rest...)
}

// run is the program. dir is the folder of the module.
func run(args []string, dir string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	all, overlay, err := mutate(dir, tmp, o.packages, o.statements)
	if err != nil {
		return err
	}
	known, err := readExplained(dir, o.explained)
	if err != nil {
		return err
	}
	chosen, err := choose(all, o)
	if err != nil {
		return err
	}
	if o.list {
		for _, m := range chosen {
			fmt.Fprintln(stdout, m)
		}
		return nil
	}
	begin := time.Now()
	guards, err := build(dir, tmp, overlay, o.guards, o.parallel)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%d mutants, %d of them to be tested; built in %s\n", len(all), len(chosen), time.Since(begin).Round(time.Second))
	testAll(chosen, guards, o, stderr)
	fmt.Fprintf(stderr, "tested in %s\n", time.Since(begin).Round(time.Second))
	return report(stdout, all, chosen, known)
}

// choose picks the mutants to test: all, or a sample at equal distances.
func choose(all []*mutant, o *options) ([]*mutant, error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, fmt.Errorf("-only %q: %w", o.only, err)
	}
	var some []*mutant
	for _, m := range all {
		if only.MatchString(m.String()) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no mutant matches %q: see them with -list", o.only)
	}
	if o.sample == 0 || o.sample >= len(some) {
		return some, nil
	}
	var sample []*mutant
	for i := range o.sample {
		sample = append(sample, some[(i*len(some)/o.sample+o.seed)%len(some)])
	}
	return sample, nil
}

// report prints the survivors, and what is wrong with the list of explained ones.
func report(out io.Writer, all, tested []*mutant, known []explanation) error {
	survived, explained := 0, 0
	bad := explain(all, known)
	for _, m := range tested {
		switch {
		case m.killer == "" && m.reason == "":
			survived++
			fmt.Fprintf(out, "%s\n\tkey: %s\n", m, m.key())
		case m.killer == "":
			explained++
		case m.reason != "":
			bad = append(bad, fmt.Sprintf("%q is killed by %s: take it out of the list of explained survivors", m.key(), m.killer))
		}
	}
	for _, b := range bad {
		fmt.Fprintln(out, b)
	}
	fmt.Fprintf(out, "%d mutants: %d killed, %d survived with an explanation, %d without\n", len(tested), len(tested)-survived-explained, explained, survived)
	if survived > 0 || len(bad) > 0 {
		return fmt.Errorf("%d unexplained survivors, %d wrong explanations: write a test that fails without the condition, delete it, or explain it", survived, len(bad))
	}
	return nil
}
