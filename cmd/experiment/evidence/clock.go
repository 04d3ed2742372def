// The platform's clock: the Date of its answers is cut to whole seconds, but many of them together tell
// it to a fraction of one.

package evidence

import "time"

// Clock is the platform's time at Start, by the Date of all answers: in the middle of what they allow,
// which is give wide to either side. Without any answer it is the machine's own clock, and give is 0.
func (r *Run) Clock() (start time.Time, give time.Duration) {
	var earliest, latest time.Time
	for _, q := range r.Requests {
		if q.Date.IsZero() {
			continue
		}
		// It was written between the question and the answer, and then cut.
		if low := q.Date.Add(-q.At - q.Took); earliest.IsZero() || low.After(earliest) {
			earliest = low
		}
		if high := q.Date.Add(time.Second - q.At); latest.IsZero() || high.Before(latest) {
			latest = high
		}
	}
	if earliest.IsZero() {
		return r.Start, 0
	}
	if latest.Before(earliest) { // clocks of different servers
		earliest, latest = latest, earliest
	}
	give = latest.Sub(earliest) / 2
	return earliest.Add(give), give
}

// LastOld is when a process of code older than that last told of itself, by its own clock, and which; false
// if none ever did.
func (r *Run) LastOld(code int) (last Process, any bool) {
	for _, p := range r.Processes {
		if p.Code < code && p.Last.After(last.Last) {
			last, any = p, true
		}
	}
	return last, any
}

// Code is the code of a release; 0 if it is none of the run.
func (r *Run) Code(version int) int {
	for _, release := range r.Releases {
		if release.Version == version {
			return release.Code
		}
	}
	return 0
}

// Awaited is the code that a gate has to wait for: at least that of the deploy that is measured, also if the gate
// took an older release, or one that the run did not make, for that of the deploy.
func (r *Run) Awaited(g Gate) int { return max(r.Code(g.Release), 2) }

// After is how long after the last sign of old code a gate opened: less than zero is too early. It is
// false for a gate that did not open, or where there was no old code.
func (r *Run) After(g Gate) (after time.Duration, opened bool) {
	last, any := r.LastOld(r.Awaited(g))
	if g.Result != "passed" || !any {
		return 0, false
	}
	start, _ := r.Clock()
	return start.Add(g.Ended).Sub(last.Last), true
}
