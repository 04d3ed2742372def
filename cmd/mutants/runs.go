// The runs of a test binary: first without a mutant, to find the mutants that it can notice at all, and then
// with each of these.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A trial is one run of a test binary.
type trial struct {
	flags    []string
	mutant   int    // 0: none
	trace    string // the file that records which mutants are reached; empty: do not record
	parallel int    // how many trials run at the same time

	failed   string // the first test that failed, or another error; empty: all passed
	idle     bool   // there was no test to run
	subtests []string
}

// subtestBegins is what a subtest prints at its beginning in a verbose run.
var subtestBegins = regexp.MustCompile(`^=== RUN +[^/]+/([^/]+)$`)

// do runs the tests until the first one fails.
func (g *guard) do(r *trial) {
	ctx, cancel := context.WithTimeout(context.Background(), g.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.path, append(append([]string{"-test.v", "-test.failfast", "-test.parallel=1"}, g.flags...), r.flags...)...) // #nosec G204 -- a test binary that this program has built
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", chosenVar, r.mutant), traceVar+"="+r.trace,
		fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.NumCPU()/r.parallel)))
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
			r.idle = r.idle || strings.HasSuffix(line, "no tests to run")
			if m := subtestBegins.FindStringSubmatch(line); m != nil {
				r.subtests = append(r.subtests, m[1])
			}
			if strings.HasPrefix(line, "--- FAIL: ") || strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
				if r.failed == "" {
					r.failed = strings.TrimPrefix(line, "--- FAIL: ")
				}
				cancel()
			}
		}
	}()
	err := cmd.Run()
	in.Close()
	<-read
	switch {
	case r.failed != "" || err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		r.failed = "the limit of " + g.limit.Round(time.Second).String()
	default:
		r.failed = err.Error()
	}
}

// try runs the guard without a mutant. It reports whether there was a test.
func (g *guard) try(trace string, parallel int) (some bool, err error) {
	r := trial{trace: trace, parallel: 1}
	if g.pattern != "" {
		r.flags = []string{g.pattern}
	}
	begin := time.Now()
	g.do(&r)
	g.limit = 10*time.Since(begin) + 10*time.Second
	if r.failed != "" {
		return false, errors.New(r.failed)
	}
	if g.reached, err = readTrace(trace); err != nil || g.pattern == "" {
		return !r.idle, err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	names := make(chan string)
	for n := range parallel {
		wg.Go(func() {
			for name := range names {
				trace := fmt.Sprintf("%s-%d", trace, n)
				one := trial{flags: []string{g.pattern + "/^" + regexp.QuoteMeta(name) + "$"}, trace: trace, parallel: parallel}
				g.do(&one)
				reached, e := readTrace(trace)
				if one.failed != "" {
					e = fmt.Errorf("%s, by itself: %s", name, one.failed)
				}
				mu.Lock()
				err = errors.Join(err, e)
				g.subtests = append(g.subtests, subtest{name, reached})
				mu.Unlock()
			}
		})
	}
	for _, name := range r.subtests {
		names <- name
	}
	close(names)
	wg.Wait()
	return !r.idle, err
}

// readTrace reads which mutants were reached, and removes the file.
func readTrace(name string) (map[int]bool, error) {
	reached := map[int]bool{}
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return reached, nil
	}
	for word := range strings.FieldsSeq(string(data)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		reached[n] = true
	}
	return reached, errors.Join(err, os.Remove(name))
}

// test runs the guard with a mutant. It returns the test that failed, or nothing. It leaves out subtests that
// cannot notice the mutant. It runs a few of the others first, since most mutants make many subtests fail.
func (g *guard) test(mutant, parallel int) (failed string) {
	if g.pattern == "" {
		if !g.reached[mutant] {
			return ""
		}
		r := trial{mutant: mutant, parallel: parallel}
		g.do(&r)
		return r.failed
	}
	var names []string
	for _, s := range g.subtests {
		if s.reached[mutant] {
			names = append(names, regexp.QuoteMeta(s.name))
		}
	}
	for n := 6; len(names) > 0 && failed == ""; n *= 4 {
		n = min(n, len(names))
		r := trial{flags: []string{g.pattern + "/^(" + strings.Join(names[:n], "|") + ")$"}, mutant: mutant, parallel: parallel}
		g.do(&r)
		names, failed = names[n:], r.failed
	}
	return failed
}
