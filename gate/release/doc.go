// Package release finds the release that is waited for, and judges what came after it.
//
// It knows releases, their code and the builds, and no dynos but the versions that they
// are of.
//
//   - target.go: the release that is waited for
//   - ahead.go: the same, when the watch began before the deploy
//   - commit.go: the same, when the caller names a commit
//   - newer.go: what came after it: the same code, other code, or old code that comes back
//   - history.go: the releases of the app, as far as they were listed
//   - words.go: what there is to say about it
//   - asks.go: what has to be asked to find and to judge it
package release
