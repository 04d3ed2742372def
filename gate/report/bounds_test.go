// Pictures that are too large for a page or an output.

package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"heroku-rollout-gate/gate/rollout"
)

// Where a picture is too large, page and outputs are cut, and say so.
func TestTooLargePicturesAreCut(t *testing.T) {
	t.Parallel()
	s := hostile()
	p := &s.ending.Picture
	for range 1200 {
		p.Types = append(p.Types, p.Types[0])
		p.Dynos = append(p.Dynos, p.Dynos[0])
		p.OneOff = append(p.OneOff, p.OneOff[0])
		p.Moments = append(p.Moments, p.Moments[0])
		p.Gaps = append(p.Gaps, p.Gaps[0])
		p.Notices = append(p.Notices, strings.Repeat("$", 400))
	}
	w := inActions(t)
	r := w.report(false)
	for range 30 {
		r.Excerpt(evil, slices.Repeat([]string{evil}, 1000))
	}
	w.stdout.Reset()
	p.Notices, s.pictures, s.excerpt = slices.Repeat(p.Notices[1:2], 50), nil, nil
	tell(t, r, s)
	checkInert(t, w)

	var doc struct {
		LeftOut []string
		Verdict rollout.Verdict
	}
	if err := json.Unmarshal([]byte(parseOutputs(t, w.file("GITHUB_OUTPUT"))["report"]), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.LeftOut) == 0 || doc.LeftOut[0] != "dynos" || doc.Verdict.Result != rollout.TimedOut {
		t.Errorf("got leftOut %q, result %q", doc.LeftOut, doc.Verdict.Result)
	}
	for _, want := range []string{"and 1151 more", "Left out, since the page would be too large"} {
		if !strings.Contains(w.file("GITHUB_STEP_SUMMARY"), want) {
			t.Errorf("summary does not say %q", want)
		}
	}
}

// If not all dynos can be shown, those that matter come first. The timeline keeps its beginning and its end.
func TestShortenedTablesKeepWhatMatters(t *testing.T) {
	t.Parallel()
	var p rollout.Picture
	for i := range 1000 {
		p.Dynos = append(p.Dynos, rollout.DynoPicture{Label: fmt.Sprintf("web.%d", i+1), Version: 42, State: "up"})
	}
	p.Dynos[700].Hidden, p.Dynos[900].State = 1, "crashed"
	got := dynos(p)
	for i := range 200 {
		p.Moments = append(p.Moments, rollout.Moment{Time: at(float64(i)), What: fmt.Sprintf("moment %d of 200", i+1)})
	}
	got += timeline(Ending{Picture: p})
	for _, want := range []string{"moment 60 of", "| 80 more |", "moment 141 of", "web.701 |", "web.901 |", "and 950 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
}
