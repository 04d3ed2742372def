// What a run showed: as text, and as a folder of results that can be attached to a report.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/cmd/experiment/findings"
)

// report is what the run showed: all of it, or for a terminal what matters most.
func report(r *evidence.Run, all bool) string {
	var b strings.Builder
	where := "the real Heroku"
	if r.Simulated {
		where = "a simulated Heroku, so it shows nothing of the real one"
	}
	fmt.Fprintf(&b, "Plan %s, on %s.\n%s\n", r.Plan, where, r.About)
	if r.Failed != "" && all { // the terminal has it already
		fmt.Fprintf(&b, "The run broke off: %s.\n", r.Failed)
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(&b, "Lines of the log may be missing from %s to %s: %s.\n", clockTime(g.From, "the beginning"), clockTime(g.To, "the end"), g.Reason)
	}
	return b.String() + "\n" + findings.Report(r, all)
}

func clockTime(t time.Time, zero string) string {
	if t.IsZero() {
		return zero
	}
	return t.UTC().Format(time.TimeOnly)
}

// tooEarly is an error if a gate opened while old code ran.
func tooEarly(r *evidence.Run) error {
	for _, g := range r.Gates {
		if _, early := findings.Truth(r, g); early {
			return fmt.Errorf("the gate from %s the deploy opened while old code ran, which it must never do: please report it, with the results", g.Name)
		}
	}
	return nil
}

// write writes the results, and takes out of them, and out of the files of the gates, what they must not hold.
func (e *experiment) write(r *evidence.Run) error {
	run, err := json.MarshalIndent(r, "", "  ")
	var log, requests bytes.Buffer
	for _, l := range r.Log {
		fmt.Fprintf(&log, "%9.3f %s\n", l.At.Seconds(), l.Text)
	}
	lines := json.NewEncoder(&requests)
	lines.SetEscapeHTML(false)
	for _, q := range r.Requests {
		err = errors.Join(err, lines.Encode(q))
	}
	files := map[string][]byte{"run.json": append(run, '\n'), "log.txt": log.Bytes(), "requests.jsonl": requests.Bytes(), "report.txt": []byte(report(r, true))}
	for _, g := range r.Gates {
		files["gate-"+g.Name+".jsonl"] = g.Recording
		said, failed := os.ReadFile(filepath.Join(e.results, "gate-"+g.Name+".log"))
		files["gate-"+g.Name+".log"], err = said, errors.Join(err, failed)
	}
	for name, data := range files {
		clean := e.redactor.Clean(string(data))
		err = errors.Join(err, os.WriteFile(filepath.Join(e.results, name), []byte(clean), 0o600))
	}
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}
