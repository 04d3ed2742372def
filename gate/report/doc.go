// Package report shows people and workflows how the roll-out goes and how it
// ended: progress, outputs, summary and the final annotation. It decides
// nothing, and it never prints a secret.
//
//   - report.go: the report from the first line to the outputs, and the rules of its style
//   - progress.go: when the gate prints a line while it waits, and what that line says
//   - printer.go: the lines of the step log or the terminal; fit.go: fitting them to the width
//   - outputs.go, result.go: what later steps and scripts can read
//   - summary.go: the page for people; tables.go, gantt.go: parts of the page
//   - measured.go, measuredtable.go: what runs have shown of Heroku
//   - links.go: links, and commands to copy
//   - invalid.go: invalid inputs
//   - excerpt.go: lines that somebody else wrote
//   - escape.go, inert.go: text from outside is made harmless
//   - secret.go: secrets are never printed
//   - actions.go: GitHub's commands and files
//   - trial.go: the messages of a gate that only observes
package report
