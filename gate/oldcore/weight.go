// What one label comes to. It is kept while nothing that it depends on has changed:
// most observations concern one label of many.

package oldcore

import "time"

// The circumstances are all that the weight of a label depends on beside the label
// itself and the time.
type circumstances struct {
	version       int
	release       time.Time
	finished      bool
	app           App
	preboot       Preboot
	booted        bool
	boot          time.Duration
	look          *Look
	log           LogState
	logWhy        string
	logSince      time.Time
	latest, lag   time.Duration
	newestWeb     time.Time
	newestWebSeen time.Duration
	start         time.Time
	webs          int
}

func (f *fleet) circumstances() circumstances {
	f.sorted() // for webs
	return circumstances{
		f.version, f.release, f.finished, f.app, f.preboot, f.booted, f.boot, f.look, f.log, f.logWhy, f.logSince,
		f.latest, f.lag, f.newestWeb, f.newestWebSeen, f.clock.start, f.webs,
	}
}

// A weight is what one label comes to. It is kept while it holds, since most
// observations concern one label of many.
type weight struct {
	known    bool
	standing standing
	dyno     DynoPicture
	// The moments at which time alone may change it, and at which a look would, and
	// until which the list is behind the log, or seems to be.
	wake, lookAt, behind time.Duration
}

// weigh judges a label at the moment at, and notes what comes of it.
func (f *fleet) weigh(lb *label, at time.Duration) {
	f.wake, f.lookAt = never, never
	s := f.stand(lb, at)
	w := &lb.weight
	*w = weight{known: true, standing: s, dyno: f.portray(lb, s), behind: w.behind}
	if s.proved && !lb.proved {
		lb.provedAt = at
	}
	sure := lb.provedAt
	if lb.books.exitAt > 0 { // a list that is behind does not know of a crash yet
		sure = max(sure, lb.books.exitAt+listLag)
	}
	lb.confirmed = s.proved && (lb.confirmed || f.log == Flowing && f.look.AskedAt >= sure)
	lb.proved, lb.settled, lb.firstStop, lb.lastStop = s.proved, s.settled, s.firstStop, s.lastStop
	w.wake, w.lookAt = f.wake, f.lookAt
}

// portray is the picture of a label.
func (f *fleet) portray(lb *label, s standing) DynoPicture {
	d := DynoPicture{Label: lb.name, Type: lb.typ, Hidden: s.hidden, Basis: s.basis, UpAt: lb.upAt}
	if rec := lb.rec; rec != nil {
		d.Version, d.State, d.Old = rec.Version, rec.State, f.old(rec)
	}
	for _, c := range s.tally.crashes {
		if c.After(f.release) {
			d.Crashes++
		}
	}
	switch s.basis {
	case Proven:
		d.GoneAt = s.lastStop
	case Presumed:
		d.GoneAt = f.clock.now(s.until)
		if s.tally.lastStop.After(d.GoneAt) {
			d.GoneAt = s.tally.lastStop
		}
	}
	return d
}

// compare notes when the list is behind the log, and how far: a dyno is up by the one and
// still starting by the other. It returns the moment until which that is so, or seems to
// be: the list may also show the record of an old dyno where the log has a new one up.
func (f *fleet) compare(lb *label, t *tally, now time.Time) time.Duration {
	if t.state != "up" || now.IsZero() || t.lastStart.Before(lb.rec.CreatedAt) || t.stateAt.Before(t.lastStart) {
		return 0 // the log does not speak of the listed one
	}
	lag := f.clock.now(f.look.AskedAt).Sub(t.stateAt)
	switch {
	case lb.rec.State == "starting":
		if lag > usualLag {
			lb.behind = true
			f.lag = min(max(f.lag, lag), listLag)
		}
		return f.clock.elapsed(t.stateAt.Add(2*listLag), never)
	case lb.rec.State == "up" && lb.behind:
		lb.behind = false
		f.lag = min(max(f.lag, lag), listLag)
	case f.old(lb.rec) && f.finished && t.lastStart.After(f.release):
		// How far cannot be told: the one that is up may be an old one, too.
		return f.clock.elapsed(t.stateAt.Add(2*listLag), never)
	}
	return 0
}

// dynos are the pictures of all labels in scope, as of the last survey.
func (f *fleet) dynos() []DynoPicture {
	if f.weighed == (circumstances{}) {
		return nil
	}
	dynos := make([]DynoPicture, 0, len(f.order))
	for _, lb := range f.order {
		if f.inScope(lb.typ) {
			dynos = append(dynos, lb.weight.dyno)
		}
	}
	return dynos
}
