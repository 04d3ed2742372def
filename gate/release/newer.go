package release

import (
	"cmp"
	"strings"

	"heroku-rollout-gate/gate/observe"
)

const (
	// maxCompared is how many different codes after the target are compared by commit with
	// those from before it: the newest, and all of which a dyno is listed.
	// maxPredecessors is how many of those from before are.
	maxCompared     = 5
	maxPredecessors = 10
)

// newer is what is known of the succeeded releases after the target. Versions are 0 if there
// is no such release.
type newer struct {
	newest       int
	rolledBackBy int               // it brings old code back
	unclassified int               // its code is not known yet
	withoutCode  int               // the platform does not tell its code
	unread       []observe.CodeRef // what has to be read to classify it
}

// An origin is where the code of a release after the target comes from.
type origin int

const (
	originUnknown origin = iota
	fromBefore           // an older release than the target had it, and not the target
	fromAfter            // it is the target's, or newer
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
	// Of a release without any code nothing can be told; the caller is warned.
	judged := map[observe.CodeRef]origin{{}: fromAfter, t.release.Code(): fromAfter}
	compared := 0
	for _, r := range all {
		if r.Version <= t.release.Version {
			return
		}
		if r.Status != "succeeded" {
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

// originOf tells where code comes from that no release from before the target is known to
// have. The same commit, built again, is the same code. Code that was built after the target
// was released is newer; of any other only the whole history tells.
func (t *Target) originOf(code observe.CodeRef) origin {
	c, read := t.lookUp(code)
	mine, mineRead := t.lookUp(t.release.Code())
	if !read || !mineRead {
		return originUnknown
	}
	if isCommit(c.Commit) { // and no word that comes again, such as the name of a branch
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

// lookUp is what is known of code; if that was not read yet, it is noted as wanted.
func (t *Target) lookUp(code observe.CodeRef) (observe.Code, bool) {
	c, read := t.codes[code.ID]
	if !read {
		t.newer.unread = append(t.newer.unread, code)
	}
	return c, read
}

// predecessors are the codes of the newest releases before the target.
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
