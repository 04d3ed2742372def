// A fuzz test: any file is either read as a scenario, or refused with file, line and reason.

package herokusim

import (
	"regexp"
	"testing"
)

func FuzzScenario(f *testing.F) {
	for _, c := range refusals(f) {
		f.Add([]byte(c.text))
	}
	for _, name := range Names() {
		data, err := embedded.ReadFile("scenarios/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	refusal := regexp.MustCompile(`^s\.yaml:[1-9]\d*: .`)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Parse("s.yaml", data); err != nil && !refusal.MatchString(err.Error()) {
			t.Errorf("refused without line or reason: %v", err)
		}
	})
}
