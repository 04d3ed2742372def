// Command compare runs the gate's program and the official client's "heroku ps:wait"
// against the same simulated stories, in real time and over real HTTP on loopback,
// and writes what it saw into docs/comparison.md. Run it by "make compare", which
// first builds the image and installs the client.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "compare:", err)
		}
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	runs := flags.Int("runs", 5, "`number` of runs of each program in each story")
	dir := flags.String("dir", ".build/compare", "`folder` with the image's binary, its size, and the installed client")
	only := flags.String("only", "", "`scenarios` to run, separated by commas, of which nothing is written; or \"busy\", the busy app alone, which is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *runs < 1 || flags.NArg() > 0 {
		return errors.New("give flags only, and at least one run")
	}
	bench, err := newBench(ctx, *dir)
	if err != nil {
		return err
	}
	result := &result{Runs: *runs, Conditions: bench.conditions}
	for _, s := range scenarios {
		if *only != "" && !strings.Contains(","+*only+",", ","+s.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s, %d runs of each program\n", s.title, *runs)
		story, err := bench.play(ctx, s, *runs)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		result.Stories = append(result.Stories, story)
	}
	page := filepath.Join("docs", "comparison.md")
	if len(result.Stories) > 0 {
		tables := result.tables()
		fmt.Println(tables)
		if *only == "" {
			if err := replace(page, "comparison", tables); err != nil {
				return err
			}
		}
	}
	if *only != "" && *only != "busy" {
		return nil
	}
	busy, err := bench.playBusy(ctx, *runs)
	if err != nil {
		return err
	}
	table := busy.table(bench.conditions)
	fmt.Println(table)
	return replace(page, "busy-measured", table)
}

// replace replaces what is between the markers <!-- name --> and <!-- /name --> in a file.
func replace(path, name, text string) error {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, ends := strings.Cut(rest, end)
	if !ok || !ends {
		return fmt.Errorf("%s: nothing to replace: put in the lines %s and %s", path, strings.TrimSpace(begin), end)
	}
	return os.WriteFile(path, []byte(before+begin+text+end+after), 0o644) // #nosec G306 G703 -- a public file of the repository
}
