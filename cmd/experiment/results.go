// The folder of results, ready to be attached to a report: everything in it was cleaned when it came.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

// write writes what a run brought, beside the gates' logs and recordings, which are there.
func (e *experiment) write(r *evidence.Run) error {
	run, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	var log, requests bytes.Buffer
	for _, l := range r.Log {
		fmt.Fprintf(&log, "%9.3f %s\n", l.At.Seconds(), l.Text)
	}
	for _, q := range r.Requests {
		line, err := json.Marshal(q)
		if err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
		requests.Write(append(line, '\n'))
	}
	for name, data := range map[string][]byte{
		"run.json": append(run, '\n'), "log.txt": log.Bytes(), "requests.jsonl": requests.Bytes(),
		"report.txt": []byte(report(r, true)),
	} {
		if err := os.WriteFile(filepath.Join(e.results, name), data, 0o600); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	return nil
}
