// Command mutants finds conditions that no test guards. It deletes the conditions of
// packages one at a time, runs their tests each time, and names every condition whose
// loss no test has noticed.
//
//	mutants [flags] [PACKAGE ...]
//
// Tools for mutation change what a condition says; whether it is needed at all is asked
// by none of them. Here an operand of && or || is left out, an if or a case is never or
// always taken, a value of a case or an argument of min or max is dropped. With
// -statements, single assignments and calls are left out, too.
//
// It is fast, since all mutants are compiled at once: every condition is rewritten into
// one that an environment variable can switch off, in a copy that the go command takes
// for the package (its flag -overlay), so the source itself is never changed. A mutant
// then costs one run of the tests, and no compilation.
//
// It ends with status 1 if a mutant survived that the file of explained ones does not
// list, or if that file lists one that was killed or does not exist.
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

// options are what the flags say.
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

// guardList is a flag that is given once for each guard.
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
	flags.StringVar(&o.slow, "slow", "^(TestScripts|TestReckoningGoesOn)$", "a `pattern` of tests that are run last")
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

// defaultGuards are the cheap tests of the packages, what plays the whole gate, and
// what is left.
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

// run is the program, in the module at dir.
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

// choose picks the mutants that are tested: all, or some at the same distance from each
// other.
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

// report prints the survivors and what is wrong with the explained ones.
func report(out io.Writer, all, tested []*mutant, known []explanation) error {
	survived, explained := 0, 0
	bad := check(all, known)
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
