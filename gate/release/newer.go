// The releases after the target: the same code, other code, or old code again.

package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxCompared is how many codes from after the target are read and compared: those of the newest
	// releases. Beyond these only codes of listed dynos are, and any other code counts as new and not the
	// target's.
	maxCompared = 5
	// maxPredecessors is with how many codes from before the target each of them is compared.
	maxPredecessors = 10
)

// A Policy says which releases after the target end the wait. The dynos of all others count as new. A release
// that brings old code back is never followed, whatever the policy.
type Policy string

const (
	// SameCode ends the wait at a release with other code than the target's; so does the zero value. A
	// release whose code the platform does not give does not end it.
	SameCode Policy = "same-code"
	// Follow ends the wait at none.
	Follow Policy = "follow"
	// Fail ends the wait at any.
	Fail Policy = "fail"
)

// newer is what is known about the deployed releases after the target. Versions are 0 if there is no such release.
type newer struct {
	newest         int               // the newest version
	newestWith     map[origin]int    // the newest version whose code comes from there
	rolledBackFrom int               // the first version whose code comes from before
	unread         []observe.CodeRef // the codes that must be read to classify releases
}

// An origin is where the code of a release after the target comes from.
type origin int

const (
	unclassified  origin = iota // not known yet
	fromBefore                  // it ran before the target, and is not the target's
	fromTarget                  // it is the target's own
	fromElsewhere               // neither
	unknowable                  // the platform does not give the code, or not the target's
)

// SupersededBy is the newest deployed release after the target; 0 if there is none.
func (t *Target) SupersededBy() int { return t.newer.newest }

// RolledBackBy is the newest release after the target that brings old code back; 0 if none does.
func (t *Target) RolledBackBy() int { return t.newer.newestWith[fromBefore] }

// BroughtBack says how a release brings old code back: it runs code from before the target again, as a rollback
// does, or it was built again from a commit that ran before. Empty if no release brings old code back.
func (t *Target) BroughtBack() string {
	r := t.history.get(t.RolledBackBy())
	if r == nil {
		return ""
	}
	for _, before := range t.ranBefore() {
		if before.Code() == r.Code() {
			return fmt.Sprintf("runs the code of v%d again, as after a rollback", before.Version)
		}
	}
	return fmt.Sprintf("brings back commit %.7s, which ran before v%d, as when an older commit is deployed again", t.codes[r.Code().ID].Commit, t.release.Version)
}

// EndedBy is the newest release after the target that ends the wait, by the policy. It is 0 if there is none, and
// as long as a release is not classified: the verdict must not depend on which code is read first.
func (t *Target) EndedBy() int {
	switch {
	case t.newer.newestWith[unclassified] != 0 || t.policy == Follow:
		return 0
	case t.policy == Fail:
		return t.newer.newest
	}
	return t.newer.newestWith[fromElsewhere]
}

// OtherCode says in words that a release after the target brings other code; empty if it does not.
func (t *Target) OtherCode(version int) string {
	if version != t.newer.newestWith[fromElsewhere] {
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

// OwnAgain is the newest release after the target that runs the target's own code, if it is newer than all
// releases with other code; 0 otherwise.
func (t *Target) OwnAgain() int {
	if own := t.newer.newestWith[fromTarget]; own > t.newer.newestWith[fromElsewhere] {
		return own
	}
	return 0
}

// BackFromPhase is the first release that brought old code back, if it was made while the target's release phase
// ran: such a release has the code that was live then. 0 otherwise.
func (t *Target) BackFromPhase() int {
	if r := t.history.get(t.newer.rolledBackFrom); r != nil && r.CreatedAt.Before(t.release.UpdatedAt) {
		return r.Version
	}
	return 0
}

// judgeNewer classifies the deployed releases after the target.
func (t *Target) judgeNewer() {
	t.newer = newer{newestWith: map[origin]int{}}
	judged := map[observe.CodeRef]origin{}
	for _, r := range t.ranBefore() {
		judged[r.Code()] = fromBefore
	}
	judged[t.release.Code()] = fromTarget
	judged[observe.CodeRef{}] = unknowable // even if the target has no code either
	compared := 0
	for _, r := range t.history.sorted() {
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
		case compared < maxCompared || t.dynoVersions[r.Version]:
			from = t.originOf(code)
			compared++
		default:
			from = fromElsewhere
		}
		judged[code] = from
		t.newer.newestWith[from] = cmp.Or(t.newer.newestWith[from], r.Version)
		if from == fromBefore {
			t.newer.rolledBackFrom = r.Version
		}
	}
}

// originOf is where code comes from that no listed release from before the target ran. The code can still be
// old: it may be built again from a commit that ran before, or an older release that was not listed yet may
// have run it. So first the commits are compared. If none is the same, code that was built after the target's
// release is new, and for any other code the whole history must be known.
func (t *Target) originOf(code observe.CodeRef) origin {
	c, read := t.lookUp(code)
	mine, mineRead := t.lookUp(t.release.Code())
	if !read || !mineRead {
		return unclassified
	}
	if sameCommit(c.Commit, mine.Commit) {
		return fromTarget
	}
	if isCommit(c.Commit) {
		allRead := true
		for _, p := range t.predecessors() {
			before, read := t.lookUp(p)
			if sameCommit(c.Commit, before.Commit) {
				return fromBefore
			}
			allRead = allRead && read
		}
		if !allRead {
			return unclassified
		}
	}
	if t.history.knownFrom > 0 && c.CreatedAt.Before(t.release.CreatedAt) {
		return unclassified
	}
	if t.release.Code().ID == "" || code.Image && (c.Commit == "" || mine.Commit == "") {
		return unknowable // it is not known whether Heroku may make a new image of the same code for each release
	}
	return fromElsewhere
}

// sameCommit reports whether two labels of code are the same commit; either may be abbreviated. The name of a
// branch is no commit: many releases can have it.
func sameCommit(a, b string) bool {
	return isCommit(a) && isCommit(b) && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// lookUp is the description of a code, if it is known. If not, lookUp is false, and notes that it must be read.
func (t *Target) lookUp(code observe.CodeRef) (observe.Code, bool) {
	c, known := t.describe(code)
	if !known {
		t.newer.unread = append(t.newer.unread, code)
	}
	return c, known
}

// ranBefore are the releases before the target that dynos have run, newest first.
func (t *Target) ranBefore() []observe.Release {
	return slices.DeleteFunc(t.history.sorted(), func(r observe.Release) bool { return r.Version >= t.release.Version || !ran(&r) })
}

// predecessors are the newest codes that ran before the target, without its own.
func (t *Target) predecessors() []observe.CodeRef {
	seen := map[observe.CodeRef]bool{t.release.Code(): true, {}: true}
	var codes []observe.CodeRef
	for _, r := range t.ranBefore() {
		if !seen[r.Code()] && len(codes) < maxPredecessors {
			seen[r.Code()] = true
			codes = append(codes, r.Code())
		}
	}
	return codes
}

// isCommit reports whether the label of some code looks like a commit, as opposed to the name of a branch.
func isCommit(label string) bool {
	return len(label) >= shortCommit && strings.Trim(label, "0123456789abcdef") == ""
}
