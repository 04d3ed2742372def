// Outages: questions that Heroku's API does not answer. People are told when one begins and ends, but not every try.

package rollout

import (
	"fmt"
	"strings"
	"time"

	"heroku-rollout-gate/gate/observe"
)

const (
	// toldOutages is how many outages people are told.
	toldOutages = 5
	// After a good answer the gate believes a refusal when it has lasted this long. A single 404 can come from a platform
	// that is well (github/docs: script/deployment/deploy-to-production ignores ten in a row). A key that was revoked
	// stays so.
	refusalLasts    = time.Minute
	refusalOfTheKey = 10 * time.Second
)

// outages are the questions that find no answer now, and what that means.
type outages struct {
	open      map[observe.About]*outage
	count     int
	awaitsApp bool             // the app may not exist yet
	absent    string           // the platform's answer that the app does not exist yet; empty: it gave no such answer
	answered  bool             // there was a good answer: key and name of the app were right
	refusal   *observe.Trouble // ends the wait: a refusal, no connection, or a bug of the gate
}

// An outage is a question that has found no answer for some time.
type outage struct {
	since   time.Duration
	told    bool
	refused since            // each failure was a refusal
	newest  *observe.Trouble // the newest failure
}

// forget drops all outages, and the refusal.
func (os *outages) forget() {
	os.open, os.refusal = map[observe.About]*outage{}, nil
}

// see handles an answer, or a failure. It returns what to tell people.
func (os *outages) see(o observe.Observation, now time.Duration) []string {
	// For preboot and code, a 404 is an answer, too: it does not show that key and app are right.
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

// wrong reports whether the caller's inputs or the runner are the reason of trouble, and not the platform: it refuses and
// has never given a good answer, or the gate cannot connect, twice in a row. That a list is not found does not count: the
// answer about the app, which is asked for at the same time, shows whether the app is there.
func (os *outages) wrong(t *observe.Trouble) bool {
	switch {
	case t.Kind == observe.Unreachable, t.Kind == observe.NotFound && t.About == observe.AboutLook:
		return false
	case t.Kind == observe.CannotConnect:
		o := os.open[t.About]
		return o != nil && o.newest.Kind == observe.CannotConnect
	}
	return !os.answered
}

// good handles a good answer. It shows that the key is valid.
func (os *outages) good() {
	os.answered, os.absent = true, ""
	for _, o := range os.open {
		if o.newest.Kind == observe.Unauthorized {
			o.refused = since{}
		}
	}
}

// fail handles a failure that does not end the wait at once.
func (os *outages) fail(t *observe.Trouble, now time.Duration) (told []string) {
	os.absent = ""
	if os.open[t.About] == nil {
		told = os.begin(t, now)
	}
	o := os.open[t.About]
	o.newest = t
	o.refused.note(refuses(t), now)
	if o.refused.holds && now-o.refused.at >= believedAfter(t.Kind) {
		os.refusal = t
	}
	return told
}

// refuses reports whether the platform gave an answer, and refused.
func refuses(t *observe.Trouble) bool {
	return t.Kind != observe.Unreachable && t.Kind != observe.CannotConnect
}

// believedAfter is how long a refusal has to last until the gate believes it.
func believedAfter(kind observe.TroubleKind) time.Duration {
	if kind == observe.Unauthorized {
		return refusalOfTheKey
	}
	return refusalLasts
}

// begin begins an outage.
func (os *outages) begin(t *observe.Trouble, now time.Duration) []string {
	os.count++
	o := &outage{since: now, told: os.count <= toldOutages}
	os.open[t.About] = o
	if !o.told {
		return []string{"Heroku's API fails time after time; that is not told any more"}
	}
	switch {
	case refuses(t):
		before := ""
		if os.answered {
			before = " what it gave before"
		}
		return []string{fmt.Sprintf("Heroku refuses at %s%s (%s): it is asked again, and believed if it says so for %s", observe.Span(now), before, t.Message, observe.Span(believedAfter(t.Kind)))}
	case t.OutOfBudget:
		return []string{fmt.Sprintf("the account's budget of API requests is used up at %s (%s): its programs share it, and the gate keeps trying; it is full again an hour after they stop", observe.Span(now), t.Message)}
	}
	return []string{fmt.Sprintf("Heroku's API gives no usable answer at %s (%s): the gate keeps trying", observe.Span(now), t.Message)}
}

// brief is a reason without the id of the request, which is told only once, in the notice.
func brief(reason string) string {
	if i := strings.LastIndex(reason, " (request "); i >= 0 && strings.HasSuffix(reason, ")") {
		return reason[:i]
	}
	return reason
}

// end ends an outage, if there is one.
func (os *outages) end(about observe.About, now time.Duration) []string {
	o := os.open[about]
	delete(os.open, about)
	if o == nil || !o.told {
		return nil
	}
	return []string{fmt.Sprintf("Heroku's API answers again at %s, after %s", observe.Span(now), observe.Span(now-o.since))}
}
