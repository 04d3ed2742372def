// Inert copies of the picture, the verdict and the figures: every text in them is made inert (see escape.go), so
// that outputs and summary only have to care about their own format.

package report

import (
	"slices"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// The largest number of characters of a name, and of a sentence.
const (
	nameLength     = 120
	sentenceLength = 500
)

func (r *Report) verdict(v rollout.Verdict) rollout.Verdict {
	return rollout.Verdict{
		Result:  rollout.Result(r.text(string(v.Result), nameLength)),
		Reason:  rollout.Reason(r.text(string(v.Reason), nameLength)),
		Message: r.text(v.Message, 1000),
		Dyno:    r.text(v.Dyno, nameLength),
		Basis:   r.basis(v.Basis),
	}
}

func (r *Report) basis(b rollout.Basis) rollout.Basis {
	return rollout.Basis(r.text(string(b), nameLength))
}

func (r *Report) picture(p rollout.Picture) rollout.Picture {
	p.App.ID = r.text(p.App.ID, nameLength)
	p.App.Name = r.text(p.App.Name, nameLength)
	p.App.Space = r.text(p.App.Space, nameLength)
	p.App.Generation = r.text(p.App.Generation, nameLength)
	if p.Target != nil {
		t := *p.Target
		t.ID = r.text(t.ID, nameLength)
		t.Status = r.text(t.Status, nameLength)
		t.SlugID = r.text(t.SlugID, nameLength)
		t.ImageID = r.text(t.ImageID, nameLength)
		t.Description = r.text(t.Description, sentenceLength)
		p.Target = &t
	}
	p.Commit = r.text(p.Commit, nameLength)
	p.Old = rollout.Knowledge(r.text(string(p.Old), nameLength))
	p.Log = observe.LogState(r.text(string(p.Log), nameLength))
	p.LogReason = r.text(p.LogReason, sentenceLength)
	p.Waiting = r.text(p.Waiting, sentenceLength)
	p.Trouble = r.text(p.Trouble, sentenceLength)
	p.Types = each(p.Types, func(t *rollout.TypePicture) {
		t.Type = r.text(t.Type, nameLength)
		t.Basis = r.basis(t.Basis)
		t.HoldReason = r.text(t.HoldReason, sentenceLength)
	})
	p.Dynos = each(p.Dynos, func(d *rollout.DynoPicture) {
		d.Label = r.text(d.Label, nameLength)
		d.Type = r.text(d.Type, nameLength)
		d.State = r.text(d.State, nameLength)
		d.Basis = r.basis(d.Basis)
	})
	p.OneOff = each(p.OneOff, func(d *observe.Dyno) {
		d.ID = r.text(d.ID, nameLength)
		d.Name = r.text(d.Name, nameLength)
		d.Type = r.text(d.Type, nameLength)
		d.Size = r.text(d.Size, nameLength)
		d.State = r.text(d.State, nameLength)
	})
	p.Gaps = each(p.Gaps, func(g *rollout.Gap) { g.Reason = r.text(g.Reason, sentenceLength) })
	p.Moments = each(p.Moments, func(m *rollout.Moment) {
		m.What = r.text(m.What, sentenceLength)
		m.Source = rollout.Source(r.text(string(m.Source), nameLength))
	})
	p.Notices = each(p.Notices, func(n *string) { *n = r.text(*n, sentenceLength) })
	return p
}

// figures: the only texts from outside are the names of the app and of its process types.
func (r *Report) figures(f measure.Figures) measure.Figures {
	f.App = r.text(f.App, nameLength)
	f.Types = each(f.Types, func(t *measure.Type) { t.Name = r.text(t.Name, nameLength) })
	return f
}

// each returns a copy of s, with f applied to every element.
func each[T any](s []T, f func(*T)) []T {
	s = slices.Clone(s)
	for i := range s {
		f(&s[i])
	}
	return s
}
