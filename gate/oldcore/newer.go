// What came after the target: newer code, or old code that comes back.

package oldcore

import "strings"

const (
	// maxNewer is how many different codes after the target are compared by commit with
	// those from before it: the newest, and all of which a dyno is listed.
	// maxPredecessors is how many those from before are.
	maxNewer        = 5
	maxPredecessors = 10
)

// An origin is where the code of a release after the target comes from.
type origin int

const (
	originUnknown origin = iota
	fromBefore           // an older release than the target had it, and not the target
	fromAfter            // it is the target's, or newer
)

// seeNewer judges the succeeded releases after the target.
func (t *target) seeNewer() {
	t.newerMax, t.returned, t.unjudged, t.unread = 0, 0, 0, nil
	lowest := t.releases.lowest()
	// Of a release without any code nothing can be told; the caller is.
	judged := map[CodeRef]origin{{}: fromAfter, t.rel.Code(): fromAfter}
	compared := 0
	for _, r := range t.releases.sorted() {
		if r.Version <= t.rel.Version {
			return
		}
		if r.Status != "succeeded" {
			continue
		}
		t.newerMax = max(t.newerMax, r.Version)
		code := r.Code()
		from, known := judged[code]
		switch {
		case known:
		case lowest[code] > 0 && lowest[code] < t.rel.Version:
			from = fromBefore
		case compared < maxNewer || t.listed[r.Version]:
			from = t.origin(code)
			compared++
		default:
			from = fromAfter
		}
		judged[code] = from
		switch from {
		case fromBefore:
			t.returned = max(t.returned, r.Version)
		case originUnknown:
			t.unjudged = max(t.unjudged, r.Version)
		}
	}
}

// live tells whether the old code of a newer release is not what runs: the platform
// calls the target the current release, and no listed dyno is of a newer one.
func (t *target) live() bool {
	for v := range t.listed {
		if v > t.rel.Version {
			return false
		}
	}
	return t.releases.current == t.rel.Version
}

// origin tells where code comes from that no release from before the target is known
// to have. The same commit, built again, is the same code. Code that was built after
// the target was released is newer; of any other only the whole history tells.
func (t *target) origin(code CodeRef) origin {
	c, read := t.lookUp(code)
	mine, ownRead := t.lookUp(t.rel.Code())
	if !read || !ownRead {
		return originUnknown
	}
	if isCommit(c.Commit) { // and no word that comes again, such as the name of a branch
		if c.Commit == mine.Commit {
			return fromAfter
		}
		all := true
		for _, p := range t.predecessors() {
			o, read := t.lookUp(p)
			if o.Commit == c.Commit {
				return fromBefore
			}
			all = all && read
		}
		if !all {
			return originUnknown
		}
	}
	if t.releases.from > 0 && c.CreatedAt.Before(t.rel.CreatedAt) {
		return originUnknown
	}
	return fromAfter
}

// lookUp is what is known of code; if that was not read yet, it is noted as wanted.
func (t *target) lookUp(code CodeRef) (Code, bool) {
	c, ok := t.codes[code.ID]
	if !ok && code.ID != "" {
		t.unread = append(t.unread, code)
		return Code{}, false
	}
	return c, true
}

// predecessors are the codes of the newest releases before the target.
func (t *target) predecessors() []CodeRef {
	seen := map[CodeRef]bool{t.rel.Code(): true, {}: true}
	var codes []CodeRef
	for _, r := range t.releases.sorted() {
		if r.Version < t.rel.Version && ran(&r) && !seen[r.Code()] && len(codes) < maxPredecessors {
			seen[r.Code()] = true
			codes = append(codes, r.Code())
		}
	}
	return codes
}

// codesWanted lists the code that has to be read to find the target, to name its
// commit, or to judge what came after it.
func (t *target) codesWanted() []CodeRef {
	var refs []CodeRef
	asked := map[string]bool{"": true}
	add := func(code CodeRef) {
		if _, ok := t.codes[code.ID]; !ok && !asked[code.ID] {
			asked[code.ID] = true
			refs = append(refs, code)
		}
	}
	switch {
	case t.rel != nil:
		add(t.rel.Code())
		for _, code := range t.unread {
			add(code)
		}
	case t.cfg.Want.Commit != "":
		for i, r := range t.releases.sorted() {
			if i < maxSlugs {
				add(r.Code())
			}
		}
	}
	return refs
}

// isCommit tells whether a label of code looks like a commit.
func isCommit(label string) bool {
	return len(label) >= shortCommit && strings.Trim(label, "0123456789abcdef") == ""
}

// codeless is the newest succeeded release after the target whose code the platform
// does not tell; 0 if there is none.
func (t *target) codeless() int {
	newest := 0
	for _, r := range t.releases.byVersion {
		if r.Version > t.rel.Version && r.Status == "succeeded" && r.Code().ID == "" {
			newest = max(newest, r.Version)
		}
	}
	return newest
}
