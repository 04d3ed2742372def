// Package ledger counts the processes that run under one label, from the lines that the
// platform's log has of it: alive = alive at the start + starts − exits.
//
// Log lines name labels, not processes, so a count is all that they can give. It is
// honest about what it cannot know: a ledger whose lines contradict each other says so.
//
//   - ledger.go: the lines of one label, in order
//   - balance.go: what the lines add up to, and where the count begins
//   - renewals.go: how long what hides can live, where the hold can begin anew
//   - exits.go: whose process an exit was
package ledger
