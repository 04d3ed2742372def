// The form of the outputs: which values each may have, at every ending.

package gate_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// form says which values an output may have, and when it may be empty.
type form struct {
	name string
	text string // a regular expression
	when func(o map[string]string) need
}

type need int

const (
	may  need = iota // empty or not
	must             // never empty
	none             // always empty
)

const (
	aVersion = `v[1-9][0-9]*`
	aTime    = `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z`
	aNumber  = `0|[1-9][0-9]*`
	aLine    = `.*`
)

func always(n need) func(map[string]string) need { return func(map[string]string) need { return n } }

// ifPassed is must for a run that passed, and otherwise n.
func ifPassed(n need) func(map[string]string) need {
	return func(o map[string]string) need {
		if o["result"] == "passed" {
			return must
		}
		return n
	}
}

// like is must if all these other outputs are there, and none if one is missing.
func like(others ...string) func(map[string]string) need {
	return func(o map[string]string) need {
		for _, other := range others {
			if o[other] == "" {
				return none
			}
		}
		return must
	}
}

var forms = []form{
	{"result", `passed|failed|timed-out|undecided|cancelled`, always(must)},
	{"reason", `[a-z-]+`, always(must)},
	{"message", aLine, always(must)},
	{"basis", `proven|presumed`, ifPassed(none)},
	{"release", aVersion, ifPassed(may)},
	{"release-id", aLine, like("release")},
	{"new-release", `true|false`, like("release")},
	{"commit", aLine, always(may)},
	{"superseded-by", aVersion, always(may)},
	{"release-created-at", aTime, like("release")},
	{"release-finished-at", aTime, ifPassed(may)},
	{"first-new-up-at", aTime, func(o map[string]string) need {
		if o["result"] == "passed" && o["new-wanted"] != "0" {
			return must
		}
		return may
	}},
	{"all-new-up-at", aTime, func(o map[string]string) need {
		switch {
		case o["first-new-up-at"] == "":
			return none
		case o["result"] == "passed":
			return must
		}
		return may
	}},
	{"first-old-stopped-at", aTime, always(may)},
	{"old-gone-at", aTime, func(o map[string]string) need {
		switch {
		case o["old-remaining"] != "0":
			return none
		case o["basis"] == "presumed", o["result"] == "passed" && o["first-old-stopped-at"] != "":
			return must
		}
		return may // of none there was no end
	}},
	{"old-gone-basis", `proven|presumed`, like("old-gone-at")},
	{"rollout-seconds", aNumber, like("release-created-at", "old-gone-at")},
	{"unseen-seconds", aNumber, like("release-finished-at", "old-gone-at")},
	{"waited-seconds", aNumber, always(must)},
	{"old-remaining", aNumber, always(must)},
	{"new-up", aNumber, always(must)},
	{"new-wanted", aNumber, always(must)},
	{"report", `\{.*\}`, always(must)},
}

// checkOutputs fails if an output of a run does not have the promised form.
func checkOutputs(t testing.TB, o map[string]string) {
	t.Helper()
	var names []string
	for _, f := range forms {
		names = append(names, f.name)
		v, written := o[f.name]
		if !written {
			t.Errorf("output %s is not written", f.name)
			continue
		}
		if n := f.when(o); n == must && v == "" || n == none && v != "" {
			t.Errorf("output %s is %q, where result is %s, %s", f.name, v, o["result"], o["reason"])
		}
		if v != "" && !regexp.MustCompile(`^(?:`+f.text+`)$`).MatchString(v) {
			t.Errorf("output %s is %q, which is not of the form %s", f.name, v, f.text)
		}
	}
	if !slices.Equal(names, report.OutputNames) || len(o) != len(names) {
		t.Errorf("outputs are %q; forms are known of %q", slices.Sorted(maps.Keys(o)), names)
	}
	if !slices.ContainsFunc(rollout.Endings, func(e rollout.Ending) bool {
		return string(e.Result) == o["result"] && string(e.Reason) == o["reason"]
	}) {
		t.Errorf("there is no ending %s, %s", o["result"], o["reason"])
	}
	checkSums(t, o)
	checkReport(t, o)
}

// checkSums fails if outputs contradict each other.
func checkSums(t testing.TB, o map[string]string) {
	t.Helper()
	between := func(a, b string) string {
		from, err := time.Parse(time.RFC3339, o[a])
		to, err2 := time.Parse(time.RFC3339, o[b])
		if err != nil || err2 != nil {
			return ""
		}
		return strconv.Itoa(max(0, int(to.Sub(from).Seconds())))
	}
	for name, want := range map[string]string{
		"rollout-seconds": between("release-created-at", "old-gone-at"),
		"unseen-seconds":  between("release-finished-at", "old-gone-at"),
	} {
		got, _ := strconv.Atoi(o[name])
		if w, err := strconv.Atoi(want); err == nil && (got < w-1 || got > w+1) { // both are rounded
			t.Errorf("output %s is %s, but the times say %s", name, o[name], want)
		}
	}
	if o["result"] != "passed" {
		return
	}
	up, _ := strconv.Atoi(o["new-up"])
	wanted, _ := strconv.Atoi(o["new-wanted"])
	if up < wanted || o["old-remaining"] != "0" {
		t.Errorf("passed with %s of %s new dynos up and %s old ones", o["new-up"], o["new-wanted"], o["old-remaining"])
	}
}

// checkReport fails if the output report is not one line of JSON that agrees with the other
// outputs.
func checkReport(t testing.TB, o map[string]string) {
	t.Helper()
	var doc struct {
		Verdict rollout.Verdict
		Picture rollout.Picture
		LeftOut []string
	}
	text := o["report"]
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Errorf("output report: %v", err)
	}
	if len(text) > 1_000_000 || strings.ContainsAny(text, "\r\n") {
		t.Errorf("output report is not one line that fits: %d bytes", len(text))
	}
	if string(doc.Verdict.Result) != o["result"] || string(doc.Verdict.Reason) != o["reason"] || doc.Verdict.Message != o["message"] {
		t.Errorf("report says %+v, outputs say %s, %s, %q", doc.Verdict, o["result"], o["reason"], o["message"])
	}
	if strconv.Itoa(doc.Picture.OldRemaining) != o["old-remaining"] {
		t.Errorf("report has %d old dynos, outputs have %s", doc.Picture.OldRemaining, o["old-remaining"])
	}
}
