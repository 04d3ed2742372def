// The table of words: each kind of knowledge has all that is told of it, and what is not known for sure
// says so in every text.

package rollout

import (
	"reflect"
	"regexp"
	"testing"
)

func TestWordings(t *testing.T) {
	t.Parallel()
	unsure := regexp.MustCompile(`presumed|may|can |listed?\b|dyno list`)
	for _, known := range []Knowledge{Seen, NotKnown, ByProof, ByLimit} {
		v, over := reflect.ValueOf(wordings[known]), known == ByProof || known == ByLimit
		for i := range v.NumField() {
			name, text := v.Type().Field(i).Name, v.Field(i).String()
			if onlyOver := name == "Message" || name == "Moment" || name == "CellAt"; (text == "") != (onlyOver && !over) {
				t.Errorf("%s, %s: %q", known, name, text)
			}
			if text != "" && unsure.MatchString(text) != (known != ByProof) {
				t.Errorf("%s, %s is told as %q", known, name, text)
			}
		}
	}
	if len(wordings) != 4 {
		t.Errorf("there are %d rows", len(wordings))
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		basis  Basis
		listed int
		want   Knowledge
	}{{"", 0, NotKnown}, {"", 2, Seen}, {Proven, 0, ByProof}, {Presumed, 0, ByLimit}} {
		if got := tc.basis.Known(tc.listed); got != tc.want {
			t.Errorf("%q with %d listed: got %s, want %s", tc.basis, tc.listed, got, tc.want)
		}
	}
	if Knowledge("anything").Words() != wordings[NotKnown] {
		t.Error("what is no knowledge is not told as such")
	}
}
