// The words for what is known about old code: each kind of knowledge has all its words, and every text says
// so if something is not known for sure.

package rollout

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
)

func TestWordings(t *testing.T) {
	t.Parallel()
	unsure := regexp.MustCompile(`presumed|may|can |listed?\b|dyno list`)
	for _, known := range []Knowledge{Seen, NotKnown, ByProof, ByLimit} {
		v, over := reflect.ValueOf(wordings[known]), known == ByProof || known == ByLimit
		for i := range v.NumField() {
			name, text := v.Type().Field(i).Name, v.Field(i).String()
			if onlyOver := name == "Message" || name == "Moment" || name == "CellAt"; (text == "") != (onlyOver && !over) {
				t.Errorf("%s, %s is %q: only ByProof and ByLimit have Message, Moment and CellAt", known, name, text)
			}
			if text != "" && unsure.MatchString(text) != (known != ByProof) {
				t.Errorf("%s, %s: %q must say that it is not sure if it is not proven, and only then", known, name, text)
			}
		}
	}
	if len(wordings) != 4 {
		t.Errorf("there are %d rows, want 4", len(wordings))
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
		t.Error("an unknown kind of knowledge does not have the words of NotKnown")
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"reading: Heroku answered 503 (request 0123)": "reading: Heroku answered 503",
		"reading: no answer (in 5 s)":                 "reading: no answer (in 5 s)",
		"the (request 0123) was refused":              "the (request 0123) was refused",
	} {
		if got := brief(reason); got != want {
			t.Errorf("brief(%q) is %q, want %q", reason, got, want)
		}
	}
}

// The core finds the first and the last crash, whatever the order of the dynos.
func TestFirstAndLastCrash(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	var s fleetStatus
	for i, sec := range []int{5, 9, 2, 7} {
		lb := &label{name: string(rune('a' + i)), typ: &processType{}, record: &observe.Dyno{State: "up"}}
		s.noteCrashes(&labelStatus{evidence: evidence{label: lb, crashes: []time.Time{at(sec)}}}, 0)
	}
	var told timeline
	told.follow(&observe.Release{}, &s, time.Time{})
	want := moments{{at(2), "first of 4 crashes of new dynos: c", FromLog}, {at(9), "last of 4 crashes of new dynos: b", FromLog}}
	if !slices.Equal(told.passing, want) || !told.times.FirstCrash.Equal(at(2)) {
		t.Errorf("got %v, the first at %s; want %v", told.passing, told.times.FirstCrash, want)
	}
}

// When the hold is over, the gate does not wait for an exit any more, and the reason says so.
func TestPresumedWaitsForNoExit(t *testing.T) {
	t.Parallel()
	if why := (judgement{}).presumed(time.Minute, ExitDue).why; why != exitMissed {
		t.Errorf("the reason is %q, want %q", why, exitMissed)
	}
}

// A notice about what a refusal leads to comes at the end at the latest, unless the wait ends with that
// refusal.
func TestNoticeAboutARefusal(t *testing.T) {
	t.Parallel()
	refused := observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "no access"}}
	const notice = "no log: no access; without it nothing can be proven, and the gate waits until the longest time that an old dyno can live is over"
	r := New(Config{UseLog: true})
	r.Apply(refused)
	if got := r.Picture().Notices; len(got) > 0 {
		t.Errorf("notices before Heroku gave any answer: %q", got)
	}
	r.Apply(observe.Observation{At: time.Second, End: observe.Interrupt})
	if got := r.Picture().Notices; !slices.Contains(got, notice) {
		t.Errorf("the notices at the end are %q, want among them %q", got, notice)
	}
	r = New(Config{UseLog: true})
	r.Apply(refused)
	r.Apply(observe.Observation{At: time.Second, Trouble: &observe.Trouble{Kind: observe.Unauthorized, Message: "who are you?"}})
	if got := r.Picture().Notices; len(got) > 0 {
		t.Errorf("notices beside the verdict about a wrong key: %q", got)
	}
}

// Without a time, the timeline has no end of the old code.
func TestNoEndWithoutATime(t *testing.T) {
	t.Parallel()
	var line timeline
	line.close(ByProof)
	if len(line.passing) > 0 {
		t.Errorf("the timeline has %+v, want nothing", line.passing)
	}
}

// If the proof of one label needs runtime metrics, the whole proof does, whatever the others need.
func TestProofByMetricsOfOneLabel(t *testing.T) {
	t.Parallel()
	byMetrics := labelStatus{evidence: evidence{label: &label{}}, judgement: judgement{basis: Proven, proof: proof{stage: seen, metrics: true}}}
	byLog := labelStatus{evidence: evidence{label: &label{}}, judgement: judgement{basis: Proven, proof: proof{stage: seen}}}
	for _, labels := range [][]labelStatus{{byMetrics, byLog}, {byLog, byMetrics}, {byLog, byLog}} {
		var s fleetStatus
		for i := range labels {
			s.addLabel(&labels[i])
		}
		if want := labels[0].proof.metrics || labels[1].proof.metrics; s.byMetrics != want {
			t.Errorf("by metrics: %v, want %v", s.byMetrics, want)
		}
	}
	for stage, want := range map[stage]stage{confirmed: sealed, sealed: sealed} {
		if p := (proof{stage: stage, metrics: true}).afterGap(); p.stage != want || !p.metrics {
			t.Errorf("after a gap the proof is %+v, want it sealed, and still by metrics", p)
		}
	}
}
