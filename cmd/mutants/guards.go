// The guards: test binaries that are run on each mutant.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A guard is a test binary with its flags.
type guard struct {
	name  string
	path  string
	dir   string
	flags []string
	limit time.Duration // a run that takes longer counts as failed: it hangs

	// reached has the mutants that change the value of a condition during the run. No other mutant can
	// be noticed, so the guard is not run for it.
	reached map[int]bool
	// If subtests are run by themselves, pattern is that of the test that they belong to, and each
	// subtest has its own reached.
	pattern  string
	subtests []subtest
}

type subtest struct {
	name    string
	reached map[int]bool
}

// build compiles the tests of the guards with all mutants in them, and runs each guard once with no mutant
// chosen. It leaves out guards that have no test to run.
func build(dir, tmp, overlay string, specs []string, parallel int) ([]*guard, error) {
	built := map[string]string{}
	var guards []*guard
	for _, spec := range specs {
		words := strings.Fields(spec)
		if len(words) == 0 {
			return nil, errors.New("-guard \"\": give a package, and flags of its tests if there are any")
		}
		packages, err := goList(dir, words[0])
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			g := &guard{name: p.ImportPath, path: built[p.ImportPath], dir: p.Dir, limit: 10 * time.Minute}
			for _, w := range words[1:] {
				if pattern, ok := strings.CutSuffix(w, "/"); ok {
					g.pattern = pattern
				} else {
					g.flags = append(g.flags, w)
				}
			}
			if g.path == "" {
				g.path = filepath.Join(tmp, fmt.Sprintf("%d.test", len(built)))
				built[p.ImportPath] = g.path
				cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", g.path, p.ImportPath) // #nosec G204 -- the packages are those that the caller names
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					return nil, fmt.Errorf("go test -c %s, with the mutants: %w\n%s", p.ImportPath, err, out)
				}
			}
			if _, err := os.Stat(g.path); err != nil {
				continue // it has no tests
			}
			some, err := g.try(filepath.Join(tmp, "trace"), parallel)
			if err != nil {
				return nil, fmt.Errorf("%s fails without any mutant: %w: mend that first", spec, err)
			}
			if some {
				guards = append(guards, g)
			}
		}
	}
	if len(guards) == 0 {
		return nil, fmt.Errorf("no test is run by %q: give other guards", specs)
	}
	return guards, nil
}

// testAll runs the guards on each mutant until a guard fails.
func testAll(mutants []*mutant, guards []*guard, o *options, log io.Writer) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, done, alive := 0, 0, 0
	take := func() *mutant {
		mu.Lock()
		defer mu.Unlock()
		if next == len(mutants) {
			return nil
		}
		next++
		return mutants[next-1]
	}
	for range o.parallel {
		wg.Go(func() {
			for m := take(); m != nil; m = take() {
				for _, g := range guards {
					if failed := g.test(m.id, o.parallel); failed != "" {
						m.killer = g.name + " " + failed
						break
					}
				}
				mu.Lock()
				done++
				if m.killer == "" {
					alive++
				}
				if o.verbose {
					fmt.Fprintf(log, "%s\n\t%s\n", m, fate(m))
				} else if done%50 == 0 {
					fmt.Fprintf(log, "%d of %d tested, %d survived\n", done, len(mutants), alive)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func fate(m *mutant) string {
	if m.killer == "" {
		return "SURVIVED"
	}
	return "killed by " + m.killer
}
