// Tests of the program with testdata/tiny: a package of which we know what its tests guard.

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const tiny = "cmd/mutants/testdata/tiny "

// unguarded are the mutants of testdata/tiny that its tests do not notice.
var unguarded = []string{
	"Ends, never taken: over && known",
	"Ends, without operand: known (of &&)",
	"Ends, without operand: asked (of ||)",
	"door.Open, without operand: d.open (of &&)",
	"Word, without case value: 2",
	"Word, never taken: n > 1000",
	"Between, without argument: a (of max(a, min(n, b)))",
	"Between, without argument: n (of min(n, b))",
	"door.Set, without statement: d.next = nil",
}

// guarded are the other mutants of testdata/tiny.
var guarded = []string{
	"Ends, without operand: over (of &&)",
	"Ends, without operand: over (of ||)",
	"door.Open, without operand: d != nil (of &&)",
	"door.Depth, never taken: d != nil",
	"door.Depth, without statement: n++",
	"Word, without case value: 1",
	"Word, without case value: 3",
	"Word, always taken: n == 40",
	"Word, never taken: n == 40",
	"Word, always taken: n > 1000",
	"Between, without argument: min(n, b) (of max(a, min(n, b)))",
	"Between, without argument: b (of min(n, b))",
	`Named, without case value: ""`,
	"Named, without statement: n++",
	"door.Set, without statement: d.open = open",
}

// mutants runs the program on testdata/tiny.
func mutants(args ...string) (stdout string, err error) {
	var out, log bytes.Buffer
	err = run(append(append([]string{"-guard", "./testdata/tiny -test.skip=^TestSlow$"}, args...), "./testdata/tiny"), ".", &out, &log)
	return out.String(), err
}

// keys are the keys of the survivors in the output.
func keys(stdout string) []string {
	var keys []string
	for line := range strings.Lines(stdout) {
		if key, ok := strings.CutPrefix(strings.TrimSpace(line), "key: "+tiny); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestSurvivors(t *testing.T) {
	t.Parallel()
	out, err := mutants("-statements", "-explained", "")
	if d := cmp.Diff(unguarded, keys(out)); d != "" {
		t.Errorf("survivors (- want, + got):\n%s", d)
	}
	if err == nil || !strings.HasSuffix(out, "24 mutants: 15 killed, 0 survived with an explanation, 9 without\n") {
		t.Errorf("error %v, printed:\n%s", err, out)
	}
}

// The list has every mutant.
func TestListHasEveryMutant(t *testing.T) {
	t.Parallel()
	out, err := mutants("-statements", "-list")
	if err != nil {
		t.Fatal(err)
	}
	want := append(append([]string{}, unguarded...), guarded...)
	if n := strings.Count(out, "\n"); n != len(want) {
		t.Errorf("%d mutants, want %d", n, len(want))
	}
	for _, m := range want {
		if !strings.Contains(out, ": "+m+"\n") {
			t.Errorf("%q is not in the list:\n%s", m, out)
		}
	}
}

// The list of explained survivors is checked: it may not explain killed or unknown mutants.
func TestWrongExplanations(t *testing.T) {
	t.Parallel()
	all := "# Why each may survive.\n\n"
	for _, key := range unguarded {
		all += tiny + key + "\n\tIt is only\n\tan example.\n"
	}
	for name, c := range map[string]struct {
		list string
		want []string // in the output; nothing: no problem
	}{
		"all explained":    {all, nil},
		"one is missing":   {strings.Replace(all, tiny+unguarded[4]+"\n", "", 1), []string{"key: " + tiny + unguarded[4]}},
		"one is killed":    {all + tiny + guarded[0] + "\n  Why not?\n", []string{"is killed by", "take it out"}},
		"one is unknown":   {all + tiny + "Ends, never taken: nothing\n  Why not?\n", []string{"there is no such mutant"}},
		"one has no why":   {all + tiny + guarded[0] + "\n", []string{"without a reason"}},
		"one comes twice":  {all + tiny + unguarded[0] + "\n  Why not?\n", []string{"explained twice"}},
		"it is about none": {"  Why not?\n", []string{"explains nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".tmp")
			if err := os.WriteFile(path, []byte(c.list), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Remove(path) })
			out, err := mutants("-statements", "-explained", path)
			if (err == nil) != (c.want == nil) {
				t.Errorf("error %v, printed:\n%s", err, out)
			}
			for _, w := range c.want {
				if !strings.Contains(out, w) && !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not said: %v\n%s", w, err, out)
				}
			}
		})
	}
}

// A sample is the same each time, and has the right size.
func TestSampleIsReproducible(t *testing.T) {
	t.Parallel()
	samples := map[string]bool{}
	for range 2 {
		out, err := mutants("-statements", "-list", "-sample", "5")
		if n := strings.Count(out, "\n"); err != nil || n != 5 {
			t.Errorf("%d mutants, error %v", n, err)
		}
		samples[out] = true
	}
	if len(samples) != 1 {
		t.Errorf("two samples are not the same: %v", samples)
	}
	if out, err := mutants("-list", "-only", "Between"); err != nil || strings.Count(out, "\n") != 4 {
		t.Errorf("error %v, of Between there are:\n%s", err, out)
	}
}

// Guards without a test guard nothing.
func TestGuardsWithoutTests(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	err := run([]string{"-guard", "./testdata/tiny -test.run=^Nothing$", "./testdata/tiny"}, ".", &out, &log)
	if err == nil || !strings.Contains(err.Error(), "no test is run") {
		t.Errorf("error %v, printed:\n%s", err, out.String())
	}
}

// Wrong arguments give an error that says what is wrong.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"no mutant matches":        {"-only", "nothing like it"},
		"fails without any mutant": {"-guard", "./testdata/tiny -no-such-flag"},
		"give a number above zero": {"-parallel", "0"},
		"give a package":           {"-guard", " "},
		"go list":                  {"-guard", "./nowhere"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if out, err := mutants(args...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: error %v, printed:\n%s", args, err, out)
			}
		})
	}
}
