// Forgetting: an app that starts a one-off dyno for every job starts thousands in the
// time of a wait, each under a new name, and every observation weighs all labels.

package oldcore

import "time"

// oneOffLife is how long a one-off dyno is remembered that is not listed any more:
// until lines of it that come late have come.
const oneOffLife = 5 * time.Minute

// forget drops one-off dynos that are gone. In scope, only those are dropped that the
// log saw end, and that never kept the gate shut.
func (f *fleet) forget(at time.Duration) {
	if f.version == 0 {
		return // it is not known yet which are old
	}
	for name, lb := range f.labels {
		if !f.oneOff(lb.typ) || lb.rec != nil || at-lb.leftAt <= oneOffLife || at-lb.books.changedAt <= oneOffLife {
			continue
		}
		if !f.inScope(lb.typ) || lb.books.exitAt > 0 && !f.wasOld(lb) {
			delete(f.labels, name)
			f.order = nil
		}
	}
}
