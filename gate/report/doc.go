// Package report tells people and workflows how the roll-out goes and how it
// ended: progress, outputs, summary and the closing annotation. It decides
// nothing, and it never prints a secret.
//
//   - report.go: from the first line to the outputs, and the rules of its voice
//   - progress.go: what is worth a line while the gate waits
//   - printer.go: the lines of the step log or the terminal; fit.go: the width of one
//   - outputs.go, result.go: what later steps and scripts can read
//   - summary.go: the page for people; tables.go, gantt.go: what stands on it
//   - measured.go, measuredtable.go: what runs have shown of Heroku
//   - links.go: where to read on, and what to copy
//   - invalid.go: bad inputs
//   - excerpt.go: lines that somebody else wrote
//   - escape.go, inert.go: what comes from outside becomes harmless
//   - secret.go: what is never printed
//   - actions.go: GitHub's commands and files
//   - trial.go: the words of a gate that only watches
package report
