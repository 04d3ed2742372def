// What came after the target: newer code, or old code that comes back.

package release

import (
	"cmp"
	"fmt"
	"strings"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxCompared bounds how many codes from after the target are read and compared: those of
	// the newest releases. Beyond it only those are of which a dyno is listed, and any other
	// counts as newer, other code.
	maxCompared = 5
	// maxPredecessors is with how many codes from before the target each is compared.
	maxPredecessors = 10
)

// A Policy says what releases after the target mean.
type Policy string

const (
	// SameCode follows those that run the target's own code, and so does the zero value; other code
	// ends the wait. What the platform does not tell the code of is followed.
	SameCode Policy = "same-code"
	// Follow follows all but old code.
	Follow Policy = "follow"
	// Fail ends the wait at any.
	Fail Policy = "fail"
)

// newer is what is known of the succeeded releases after the target. Each version is the newest
// of its kind, and 0 if there is none.
type newer struct {
	newest       int
	rolledBackBy int               // it brings old code back
	backSince    int               // the first that does
	otherCode    int               // it brings code that is neither old nor the target's
	own          int               // it runs the target's own code
	unclassified int               // it cannot be told yet which of these it does
	untold       int               // the platform does not tell its code, or not the target's
	unread       []observe.CodeRef // the codes that have to be read to tell
}

// An origin is where the code of a release after the target comes from.
type origin int

const (
	originUnknown origin = iota
	fromBefore           // it ran before the target, and is not the target's
	fromTarget           // it is the target's own
	fromElsewhere        // it is neither
	untold               // the platform does not tell
)

// SupersededBy is the newest succeeded release after the target; 0 if there is none.
func (t *Target) SupersededBy() int { return t.newer.newest }

// RolledBackBy is the newest release after the target that brings old code back; 0 if none does.
func (t *Target) RolledBackBy() int { return t.newer.rolledBackBy }

// BroughtBack tells in words what the release is that brings old code back: one that runs code of before the target
// again, as a rollback does, or one that was built anew from a commit of before. Empty if there is none.
func (t *Target) BroughtBack() string {
	r := t.history.get(t.newer.rolledBackBy)
	if r == nil {
		return ""
	}
	for _, before := range t.history.sorted() {
		if before.Version < t.release.Version && ran(&before) && before.Code() == r.Code() {
			return fmt.Sprintf("runs the code of v%d again, as after a rollback", before.Version)
		}
	}
	return fmt.Sprintf("brings back commit %.7s, which ran before v%d, as when an older commit is deployed again", t.codes[r.Code().ID].Commit, t.release.Version)
}

// EndedBy is the newest release after the target that the caller does not let pass; 0 if there is
// none, or it cannot be told yet: the verdict must not hang on what is read first.
func (t *Target) EndedBy() int {
	switch {
	case t.newer.unclassified != 0 || t.policy == Follow:
		return 0
	case t.policy == Fail:
		return t.newer.newest
	}
	return t.newer.otherCode
}

// OtherCode tells in words that a release after the target brings other code; empty if it does not.
func (t *Target) OtherCode(version int) string {
	if version != t.newer.otherCode {
		return ""
	}
	r := t.history.byVersion[version]
	if c := t.codes[r.Code().ID].Commit; c != "" {
		if isCommit(c) {
			c = c[:shortCommit]
		}
		return fmt.Sprintf("other code (commit %s)", c)
	}
	return "other code"
}

// OwnAgain is the newest release that runs the target's own code after one that brought other code; 0 if there is none.
func (t *Target) OwnAgain() int {
	if t.newer.own > t.newer.otherCode {
		return t.newer.own
	}
	return 0
}

// BackFromPhase is the release that brought old code back, if it was made while the target's release
// phase ran, and so of the code that was live then; 0 if not.
func (t *Target) BackFromPhase() int {
	if r := t.history.get(t.newer.backSince); r != nil && r.CreatedAt.Before(t.release.UpdatedAt) {
		return r.Version
	}
	return 0
}

// judgeNewer judges the succeeded releases after the target.
func (t *Target) judgeNewer() {
	t.newer = newer{}
	all := t.history.sorted()
	first := firstRuns(all)
	judged := map[observe.CodeRef]origin{t.release.Code(): fromTarget}
	judged[observe.CodeRef{}] = untold // the target's, too
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
		from, known := judged[code]
		switch {
		case known:
		case first[code] < t.release.Version:
			from = fromBefore
		case compared < maxCompared || t.listed[r.Version]:
			from = t.originOf(code)
			compared++
		default:
			from = fromElsewhere
		}
		judged[code] = from
		t.newer.add(r.Version, from)
	}
}

// add takes in a release of that origin; newer ones were added before.
func (n *newer) add(version int, from origin) {
	switch from {
	case fromBefore:
		n.rolledBackBy = cmp.Or(n.rolledBackBy, version)
		n.backSince = version
	case fromTarget:
		n.own = cmp.Or(n.own, version)
	case fromElsewhere:
		n.otherCode = cmp.Or(n.otherCode, version)
	case untold:
		n.untold = cmp.Or(n.untold, version)
	case originUnknown:
		n.unclassified = cmp.Or(n.unclassified, version)
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
	if sameCommit(c.Commit, mine.Commit) {
		return fromTarget
	}
	if isCommit(c.Commit) { // and not the name of a branch, which many releases can carry
		all := true
		for _, p := range t.predecessors() {
			before, read := t.lookUp(p)
			if sameCommit(c.Commit, before.Commit) {
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
	if t.release.Code().ID == "" || code.Image && (c.Commit == "" || mine.Commit == "") {
		return untold // that an image goes with its code, and not with each release, is not established
	}
	return fromElsewhere
}

// sameCommit reports whether two labels of code are the same commit, of which either may be
// abbreviated. The name of a branch is none: many releases can carry it.
func sameCommit(a, b string) bool {
	return isCommit(a) && isCommit(b) && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
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
