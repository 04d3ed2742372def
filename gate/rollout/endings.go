// Endings: the results and reasons of a wait, and what each means.

package rollout

import (
	"fmt"
	"slices"
)

// A Result is the kind of an ending.
type Result string

const (
	Passed    Result = "passed"
	Failed    Result = "failed"
	TimedOut  Result = "timed-out"
	Undecided Result = "undecided"
	Cancelled Result = "cancelled"
)

// A Reason says why the wait ended. Workflows depend on these words, so they do not change. [Endings] says what each means.
type Reason string

const (
	RolledOut    Reason = "rolled-out"
	NothingToRun Reason = "nothing-to-run"

	BuildFailed   Reason = "build-failed"
	ReleaseFailed Reason = "release-failed"
	DynosCrashed  Reason = "dynos-crashed"
	Superseded    Reason = "superseded"
	RolledBack    Reason = "rolled-back"
	InvalidInput  Reason = "invalid-input"

	OldDynosRemain      Reason = "old-dynos-remain"
	NewDynosMissing     Reason = "new-dynos-missing"
	ReleaseMissing      Reason = "release-missing"
	Unproven            Reason = "unproven"
	PlatformUnreachable Reason = "platform-unreachable"

	KeyUnauthorized Reason = "unauthorized"
	KeyForbidden    Reason = "forbidden"
	AppNotFound     Reason = "app-not-found"
	CannotConnect   Reason = "cannot-connect"
	InternalFailure Reason = "internal"

	Interrupted Reason = "interrupted"
)

// An Ending is a reason and its meaning.
type Ending struct {
	Result  Result
	Reason  Reason
	Meaning string
	// Next is what to do about it.
	Next string
}

// Endings are all ways in which a wait can end, as docs/reference.md lists them.
var Endings = []Ending{
	{Passed, RolledOut, "Only code of the release, or of a newer one, runs.", "Go on."},
	{Passed, NothingToRun, "No old code runs, and the formation is scaled to zero.", "Go on, if that is meant."},
	{Failed, BuildFailed, "The build of the commit failed, so there is no release.", "See the build's log on Heroku's dashboard, under the app's activity."},
	{Failed, ReleaseFailed, "The release phase failed. The release before it keeps running.", "See the end of its output, in the summary and the step log."},
	{Failed, DynosCrashed, "A new dyno stays crashed, or crashes again and again.", "See its last lines, in the summary and the step log."},
	{Failed, Superseded, "A newer release brought other code; or `on-supersede` is `fail`, and any newer release was made.", "If your code should run, deploy again. If not, let the newer deploy's gate decide."},
	{Failed, RolledBack, "A newer release brings back code from before the release that the gate waited for.", "See in `heroku releases` who rolled back. If the message says that it was a config change during the release phase, deploy again."},
	{Failed, InvalidInput, "An input is malformed, or names something that the app does not have.", "Correct it; the message says how."},
	{TimedOut, OldDynosRemain, "Old dynos run, or may still run.", "If the message names a time, raise `timeout` above it. See why the old dynos do not end."},
	{TimedOut, NewDynosMissing, "Fewer new dynos are up than the formation wants.", "See why they do not start: `heroku ps`, `heroku logs`."},
	{TimedOut, ReleaseMissing, "There is no such release yet, or its release phase is not over.", "Check `release`, `commit` or `newer-than`, and whether the deploy was started. The message says what is known."},
	{TimedOut, Unproven, "That no old dyno runs is presumed, and not proven, and `require-proof` is set.", "See why there was no proof: the key's scope, a gap in the log, a short history."},
	{TimedOut, PlatformUnreachable, "Heroku's API gave no usable answer.", "See Heroku's status page, and run the step again. If the message names the account's budget of API requests, see which other programs use it."},
	{Undecided, KeyUnauthorized, "Heroku does not accept the API key, or does not accept it any more.", "Check whether the key has expired or was revoked. Make a new one."},
	{Undecided, KeyForbidden, "The key may not see the app.", "Give it the `read` scope and access to the app."},
	{Undecided, AppNotFound, "There is no such app, or the key cannot see it.", "Check `app`, and whose key it is. If the app does not exist yet, set `wait-for-app`."},
	{Undecided, CannotConnect, "The gate cannot connect to Heroku's API: the host is unknown, its certificate is not trusted, or it redirects.", "Check `api-url`, and the runner's name server, proxy and certificates."},
	{Undecided, InternalFailure, "The gate itself failed. It does not know whether old code runs.", "Report it, with a recording (`record`)."},
	{Cancelled, Interrupted, "The step was cancelled.", ""},
}

// A Basis says how it is known that old code is gone.
type Basis string

const (
	// Proven: every old process was seen to end.
	Proven Basis = "proven"
	// Presumed: the longest time that an old process can live is over.
	Presumed Basis = "presumed"
)

// A Verdict ends the wait. It is not an error: "the deploy failed" is an answer.
type Verdict struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason"`
	// Message is one sentence for people: what happened, and what to do next if there is anything to do.
	Message string `json:"message"`
	// Dyno is the label of the dyno that crashed. Empty for other reasons.
	Dyno string `json:"dyno,omitempty"`
	// Basis is empty unless Passed.
	Basis Basis `json:"basis,omitempty"`
}

// newVerdict is the verdict with that reason.
func newVerdict(reason Reason, message string, args ...any) *Verdict {
	i := slices.IndexFunc(Endings, func(e Ending) bool { return e.Reason == reason })
	return &Verdict{Result: Endings[i].Result, Reason: reason, Message: fmt.Sprintf(message, args...)}
}
