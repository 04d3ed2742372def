// This file is for the guards: test binaries, and what they make of a mutant.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	limit time.Duration // a run that takes longer hangs
}

// build compiles the tests of the guards with all mutants in them, and runs each once
// with none chosen. One that has no test to run is left out.
func build(dir, tmp, overlay string, specs []string) ([]*guard, error) {
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
			g := &guard{name: p.ImportPath, path: built[p.ImportPath], dir: p.Dir, flags: words[1:], limit: 10 * time.Minute}
			if g.path == "" {
				g.path = filepath.Join(tmp, fmt.Sprintf("%d.test", len(built)))
				built[p.ImportPath] = g.path
				cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", g.path, p.ImportPath)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					return nil, fmt.Errorf("go test -c %s, with the mutants: %w\n%s", p.ImportPath, err, out)
				}
			}
			if _, err := os.Stat(g.path); err != nil {
				continue // it has no tests
			}
			begin := time.Now()
			failed, idle := g.run(0, 1)
			if failed != "" {
				return nil, fmt.Errorf("%s fails without any mutant: %s: mend that first", spec, failed)
			}
			g.limit = 10*time.Since(begin) + 10*time.Second
			if !idle {
				guards = append(guards, g)
			}
		}
	}
	if len(guards) == 0 {
		return nil, fmt.Errorf("no test is run by %q: give other guards", specs)
	}
	return guards, nil
}

// run runs the tests with a mutant until the first one fails, and tells which: empty
// if none did. It is idle if there was none to run.
func (g *guard) run(id, parallel int) (failed string, idle bool) {
	ctx, cancel := context.WithTimeout(context.Background(), g.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.path, append([]string{"-test.v", "-test.failfast", "-test.parallel=1"}, g.flags...)...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", chosenVar, id), fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.NumCPU()/parallel)))
	cmd.WaitDelay = time.Second
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimSpace(line)
			idle = idle || strings.HasSuffix(line, "no tests to run")
			if strings.HasPrefix(line, "--- FAIL: ") || strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
				if failed == "" {
					failed = strings.TrimPrefix(line, "--- FAIL: ")
				}
				cancel()
			}
		}
	}()
	err := cmd.Run()
	in.Close()
	<-read
	switch {
	case failed != "" || err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		failed = "the limit of " + g.limit.Round(time.Second).String()
	default:
		failed = err.Error()
	}
	return failed, idle
}

// testAll runs the guards on each mutant, until one kills it.
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
					if failed, _ := g.run(m.id, o.parallel); failed != "" {
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
