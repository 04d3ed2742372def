// Package ledger counts the processes that run under one label, from the platform's log lines
// about that label: alive = alive at the start + starts − exits.
//
// Log lines name labels, not processes, so they can give a count and no more. A ledger whose
// lines contradict each other says so, and its count is no proof then.
//
//   - ledger.go: the lines of one label, in order
//   - balance.go: how many processes the lines leave alive, and where the count begins
//   - renewals.go: how long a hidden process can live, if its hold can begin anew
//   - exits.go: whether an exit is that of the listed dyno or of an old process
package ledger
