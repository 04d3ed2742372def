// What the gate must request to find the target, and to judge the releases after it.

package release

import (
	"strconv"

	"heroku-rollout-gate/gate/observe"
)

// ReleasesToAsk is how many of the newest releases the next look should request.
func (t *Target) ReleasesToAsk() int {
	reread := t.history.newest
	if t.release != nil && !t.release.Deployed() {
		reread = t.release.Version
	}
	return t.history.toAsk(t.historyDownTo(), reread)
}

// ToAsk is the version or id by which the gate can request the release that it waits for; empty while neither
// is known.
func (t *Target) ToAsk() string {
	switch {
	case t.release != nil:
		return strconv.Itoa(t.release.Version)
	case t.want.Version != 0:
		return strconv.Itoa(t.want.Version)
	}
	return t.want.ID
}

// NeedsHistory reports whether the next look must bring more than the newest releases.
func (t *Target) NeedsHistory() bool { return t.history.knownFrom > t.historyDownTo() }

// historyDownTo is the lowest version that must be known, with all releases after it; 0: all releases.
func (t *Target) historyDownTo() int {
	w := t.want
	switch {
	case t.newer.newestWith[unclassified] != 0 && len(t.newer.unread) == 0:
		return 0 // all codes are read, so only the whole history can show where that code comes from
	case t.release != nil:
		return t.release.Version
	case w.ID != "":
		return 0
	case w.Version != 0:
		return w.Version
	}
	return t.history.newest
}

// NeedsBuilds reports whether the newest builds may show why the release does not appear.
func (t *Target) NeedsBuilds() bool {
	return t.want.Commit != "" && t.release == nil || !t.buildsRead && t.OldAtStart()
}

// describe is the description of a code, if it was read. Code that the platform has destroyed cannot be read, so nothing
// more will be known of it: it has no commit.
func (t *Target) describe(code observe.CodeRef) (c observe.Code, known bool) {
	c, known = t.codes[code.ID]
	return c, known || t.history.destroyed[code]
}

// CodesToRead lists the codes that must be read to find the target, to name its commit, or to judge the
// releases after it.
func (t *Target) CodesToRead() []observe.CodeRef {
	var candidates, codes []observe.CodeRef
	switch {
	case t.release != nil:
		candidates = append([]observe.CodeRef{t.release.Code()}, t.newer.unread...)
	case t.want.Commit != "":
		for i, r := range t.history.sorted() {
			if i < maxSearched {
				candidates = append(candidates, r.Code())
			}
		}
	}
	listed := map[string]bool{}
	for _, code := range candidates {
		if _, known := t.describe(code); !known && !listed[code.ID] {
			listed[code.ID] = true
			codes = append(codes, code)
		}
	}
	return codes
}
