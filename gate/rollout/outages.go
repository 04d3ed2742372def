// Outages of the platform's API: that one began, and that it is over, is told, but not every try.

package rollout

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// toldOutages is how many outages are told one by one.
	toldOutages = 5
	// After a good answer a refusal is believed when it has lasted so long: single answers of
	// 404 come from a platform that is well, in Heroku's own words (github/docs:
	// script/deployment/deploy-to-production, which passes over ten of them in a row). A key
	// does not come and go like that.
	refusalLasts    = time.Minute
	refusalOfTheKey = 10 * time.Second
)

// outages are the questions that find no answer.
type outages struct {
	open      map[observe.About]*outage
	count     int
	awaitsApp bool             // until the first good answer, the app may be still to come
	absent    string           // what the platform says of the app that is still to come; empty if it says no such thing
	answered  bool             // there was a good answer, so key and name of the app were right then
	refusal   *observe.Trouble // the platform's no, no way to it, or a bug of the gate: it ends the wait
}

// An outage is a question that has found no answer since some time.
type outage struct {
	since   time.Duration
	reason  string // of the newest failure
	told    bool
	refused time.Duration       // since when each failure was the platform's no; -1: the newest was not
	kind    observe.TroubleKind // of the newest failure
	budget  bool                // the newest failure was that the account's budget is used up
}

// forget has it that the platform is asked again what it refused or did not answer.
func (os *outages) forget() {
	os.open, os.refusal = map[observe.About]*outage{}, nil
}

// see takes in an answer, or that there is none. It returns what to tell of that.
func (os *outages) see(o observe.Observation, now time.Duration) []string {
	// Not by preboot or code, of which a 404 is an answer, too.
	if o.App != nil || o.Look != nil || o.Builds != nil {
		os.good()
	}
	switch {
	case o.App != nil:
		return os.end(observe.AboutApp, now)
	case o.Look != nil && o.Look.Full():
		return os.end(observe.AboutLook, now)
	case o.Release != nil:
		return os.end(observe.AboutRelease, now)
	case o.Code != nil:
		return os.end(observe.AboutCode, now)
	case o.Builds != nil:
		return os.end(observe.AboutBuilds, now)
	case o.Trouble == nil:
	case os.awaitsApp && !os.answered && o.Trouble.Kind == observe.NotFound:
		os.absent = o.Trouble.Message
	case o.Trouble.Kind == observe.Internal, os.wrong(o.Trouble):
		os.refusal = o.Trouble
	default:
		return os.fail(o.Trouble, now)
	}
	return nil
}

// wrong reports whether trouble is with what the caller gave or where the gate runs, and not with the
// platform: it refuses though it has never answered well, or there is again no way to it.
func (os *outages) wrong(t *observe.Trouble) bool {
	switch t.Kind {
	case observe.Unreachable:
		return false
	case observe.CannotConnect:
		o := os.open[t.About]
		return o != nil && o.kind == observe.CannotConnect
	}
	return !os.answered
}

// good takes in that there was a good answer, which a key that is refused does not get.
func (os *outages) good() {
	os.answered, os.absent = true, ""
	for _, o := range os.open {
		if o.kind == observe.Unauthorized {
			o.refused = -1
		}
	}
}

// fail takes in that a question found no answer, after others did.
func (os *outages) fail(t *observe.Trouble, now time.Duration) (told []string) {
	os.absent = ""
	if os.open[t.About] == nil {
		told = os.begin(t, now)
	}
	o := os.open[t.About]
	o.reason, o.kind, o.budget = t.Message, t.Kind, t.OutOfBudget
	switch {
	case t.Kind == observe.Unreachable, t.Kind == observe.CannotConnect:
		o.refused = -1
	case o.refused < 0:
		o.refused = now
	case now-o.refused >= believedAfter(t.Kind):
		os.refusal = t
	}
	return told
}

// believedAfter is how long a refusal has to last to be believed.
func believedAfter(kind observe.TroubleKind) time.Duration {
	if kind == observe.Unauthorized {
		return refusalOfTheKey
	}
	return refusalLasts
}

// begin opens an outage.
func (os *outages) begin(t *observe.Trouble, now time.Duration) []string {
	os.count++
	o := &outage{since: now, reason: t.Message, told: os.count <= toldOutages, refused: -1}
	os.open[t.About] = o
	if !o.told {
		return []string{"Heroku's API fails time after time; that is not told any more"}
	}
	switch {
	case t.Kind != observe.Unreachable && t.Kind != observe.CannotConnect:
		return []string{fmt.Sprintf("Heroku refuses at %s what it gave before (%s): it is asked again, and believed if it says so for %s", observe.Span(now), o.reason, believedAfter(t.Kind))}
	case t.OutOfBudget:
		return []string{fmt.Sprintf("the account's budget of API requests is used up at %s (%s): its programs share it, and the gate keeps trying; it is full again an hour after they stop", observe.Span(now), o.reason)}
	}
	return []string{fmt.Sprintf("Heroku's API gives no usable answer at %s (%s): the gate keeps trying", observe.Span(now), o.reason)}
}

// brief is a reason without the id of the request, which is told once: with the notice of it.
func brief(reason string) string {
	if i := strings.LastIndex(reason, " (request "); i >= 0 && strings.HasSuffix(reason, ")") {
		return reason[:i]
	}
	return reason
}

func (os *outages) end(about observe.About, now time.Duration) []string {
	o := os.open[about]
	delete(os.open, about)
	if o == nil || !o.told {
		return nil
	}
	return []string{fmt.Sprintf("Heroku's API answers again at %s, after %s", observe.Span(now), observe.Span(now-o.since))}
}
