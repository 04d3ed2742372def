// What has to be asked to find the target and to judge it.

package release

import "heroku-rollout-gate/gate/observe"

// ReleasesToAsk is how many of the newest releases the next look should bring.
func (t *Target) ReleasesToAsk() int {
	again := t.history.newest
	if t.release != nil && !t.release.Deployed() {
		again = t.release.Version
	}
	return t.history.toAsk(t.historyDownTo(), again)
}

// NeedsHistory reports whether the next look has to bring more than the newest releases.
func (t *Target) NeedsHistory() bool { return t.history.knownFrom > t.historyDownTo() }

// historyDownTo is the version down to which all releases have to be known; 0: all of them.
func (t *Target) historyDownTo() int {
	w := t.want
	switch {
	case t.newer.unclassified != 0 && len(t.newer.unread) == 0:
		return 0 // only the whole history can tell
	case t.release != nil:
		return t.release.Version
	case w.ID != "":
		return 0
	case w.Version != 0:
		return w.Version
	}
	return t.history.newest
}

// NeedsBuilds reports whether the newest builds may say why the release does not appear.
func (t *Target) NeedsBuilds() bool {
	return t.want.Commit != "" && t.release == nil || !t.buildsRead && t.OldAtStart()
}

// CodesToRead lists the code that has to be read to find the target, to name its commit, or
// to judge what came after it.
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
		if _, read := t.codes[code.ID]; !read && !listed[code.ID] {
			listed[code.ID] = true
			codes = append(codes, code)
		}
	}
	return codes
}
