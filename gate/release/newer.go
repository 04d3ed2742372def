// What came after the target: newer code, or old code that comes back.

package release

import (
	"cmp"
	"strings"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxCompared bounds how many codes from after the target are read and compared: those of
	// the newest releases. Beyond it only those are of which a dyno is listed, and any other
	// counts as newer.
	maxCompared = 5
	// maxPredecessors is with how many codes from before the target each is compared.
	maxPredecessors = 10
)

// newer is what is known of the succeeded releases after the target. Each version is the newest
// of its kind, and 0 if there is none.
type newer struct {
	newest       int
	rolledBackBy int               // it brings old code back
	unclassified int               // it cannot be told yet whether it does
	withoutCode  int               // the platform does not tell its code
	unread       []observe.CodeRef // the codes that have to be read to tell
}

// An origin is where the code of a release after the target comes from.
type origin int

const (
	originUnknown origin = iota
	fromBefore           // it ran before the target, and is not the target's
	fromAfter            // it is the target's, or newer, or nothing can be told of it
)

// SupersededBy is the newest succeeded release after the target; 0 if there is none.
func (t *Target) SupersededBy() int { return t.newer.newest }

// RolledBackBy is the newest release after the target that brings old code back; 0 if none does.
func (t *Target) RolledBackBy() int { return t.newer.rolledBackBy }

// judgeNewer judges the succeeded releases after the target.
func (t *Target) judgeNewer() {
	t.newer = newer{}
	all := t.history.sorted()
	first := firstRuns(all)
	// Of a release without code nothing can be told; Notices warns of it.
	judged := map[observe.CodeRef]origin{{}: fromAfter, t.release.Code(): fromAfter}
	compared := 0
	for _, r := range all {
		if r.Version <= t.release.Version {
			return
		}
		if !r.Deployed() {
			continue
		}
		t.newer.newest = cmp.Or(t.newer.newest, r.Version)
		code := r.Code()
		if code.ID == "" {
			t.newer.withoutCode = cmp.Or(t.newer.withoutCode, r.Version)
		}
		from, known := judged[code]
		switch {
		case known:
		case first[code] < t.release.Version:
			from = fromBefore
		case compared < maxCompared || t.listed[r.Version]:
			from = t.originOf(code)
			compared++
		default:
			from = fromAfter
		}
		judged[code] = from
		switch from {
		case fromBefore:
			t.newer.rolledBackBy = cmp.Or(t.newer.rolledBackBy, r.Version)
		case originUnknown:
			t.newer.unclassified = cmp.Or(t.newer.unclassified, r.Version)
		}
	}
}

// originOf tells where code comes from that no listed release from before the target has run. It
// can be old all the same: built again from a commit that ran before, or run by a release that
// was not listed yet. So the commits are compared, and then code that was built after the target
// was released is newer; of any other only the whole history tells.
func (t *Target) originOf(code observe.CodeRef) origin {
	c, read := t.lookUp(code)
	mine, mineRead := t.lookUp(t.release.Code())
	if !read || !mineRead {
		return originUnknown
	}
	if isCommit(c.Commit) { // and not the name of a branch, which many releases can carry
		if c.Commit == mine.Commit {
			return fromAfter
		}
		all := true
		for _, p := range t.predecessors() {
			before, read := t.lookUp(p)
			if before.Commit == c.Commit {
				return fromBefore
			}
			all = all && read
		}
		if !all {
			return originUnknown
		}
	}
	if t.history.knownFrom > 0 && c.CreatedAt.Before(t.release.CreatedAt) {
		return originUnknown
	}
	return fromAfter
}

// lookUp is what was read of code; false if it was not read yet, which is noted.
func (t *Target) lookUp(code observe.CodeRef) (observe.Code, bool) {
	c, read := t.codes[code.ID]
	if !read {
		t.newer.unread = append(t.newer.unread, code)
	}
	return c, read
}

// predecessors are the codes that ran before the target, and are not its own: the newest ones.
func (t *Target) predecessors() []observe.CodeRef {
	seen := map[observe.CodeRef]bool{t.release.Code(): true, {}: true}
	var codes []observe.CodeRef
	for _, r := range t.history.sorted() {
		if r.Version < t.release.Version && ran(&r) && !seen[r.Code()] && len(codes) < maxPredecessors {
			seen[r.Code()] = true
			codes = append(codes, r.Code())
		}
	}
	return codes
}

// isCommit reports whether a label of code looks like a commit.
func isCommit(label string) bool {
	return len(label) >= shortCommit && strings.Trim(label, "0123456789abcdef") == ""
}
