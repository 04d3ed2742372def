// Figures that were seen or not, and the median of several.

package measure_test

import (
	"encoding/json"
	"testing"
	"time"

	"heroku-rollout-gate/gate/measure"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	fig := func(spans ...time.Duration) (figures []measure.Figure) {
		for _, d := range spans {
			figures = append(figures, measure.Figure{Seen: d != 0, Span: d})
		}
		return figures
	}
	for _, c := range []struct {
		of   []measure.Figure
		want time.Duration
		n    int
	}{
		{nil, 0, 0}, {fig(0, 0), 0, 0}, {fig(3), 3, 1}, {fig(9, 1, 4), 4, 3}, {fig(8, 0, 2), 5, 2}, {fig(-6, 20, 2, 4), 3, 4},
	} {
		got, n := measure.Median(c.of)
		if got.Span != c.want || n != c.n || got.Seen != (n > 0) || got.Seen == (got.Why != "") {
			t.Errorf("the middle of %v is %+v of %d, want %d of %d", c.of, got, n, c.want, c.n)
		}
	}
	r, n := measure.MedianRange([]measure.Range{{Seen: true, Least: 1, Most: 9}, {}, {Seen: true, Least: 3, Most: 5}})
	if want := (measure.Range{Seen: true, Least: 2, Most: 7}); r != want || n != 2 {
		t.Errorf("the middle of two ranges is %+v of %d, want %+v of 2", r, n, want)
	}
	if r, n := measure.MedianRange([]measure.Range{{}}); r.Seen || n != 0 || r.Why == "" {
		t.Errorf("the middle of none is %+v of %d", r, n)
	}
}

func TestAFigureThatWasNotSeenIsNullInJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   any
		want string
	}{
		{measure.Figure{}, "null"}, {measure.Figure{Why: "no"}, "null"}, {measure.Figure{Seen: true}, "0"},
		{measure.Figure{Seen: true, Span: 30057 * ms}, "30.057"}, {measure.Figure{Seen: true, Span: -2 * sec}, "-2"}, {measure.Figure{Seen: true, Span: time.Hour + 400*time.Microsecond}, "3600"},
		{measure.Range{}, "null"}, {measure.Range{Seen: true, Most: 400 * ms}, `{"least":0,"most":0.4}`},
	} {
		if got, err := json.Marshal(c.of); err != nil || string(got) != c.want {
			t.Errorf("%+v is %s, %v; want %s", c.of, got, err, c.want)
		}
	}
}
