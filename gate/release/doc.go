// Package release finds the release that the gate waits for (the target), and judges the releases after it.
//
// It knows releases, their code and builds. Of dynos it knows only which releases they run.
//
//   - target.go: finds the target
//   - ahead.go: the same, if the watch began before the deploy
//   - commit.go: the same, if the caller names a commit
//   - newer.go: the releases after the target: the same code, other code, or old code again
//   - history.go: the releases of the app, as far as they were listed
//   - words.go: messages about the target
//   - asks.go: what the gate must request to find the target and to judge the releases after it
package release
