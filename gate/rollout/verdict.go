// The verdict: result, reason and message, and the order in which they are decided.

package rollout

// A Result is the kind of an ending.
type Result string

const (
	Passed    Result = "passed"
	Failed    Result = "failed"
	TimedOut  Result = "timed-out"
	Undecided Result = "undecided"
	Cancelled Result = "cancelled"
)

// A Reason says why. The words are part of the contract with users: workflows
// branch on them.
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
	Internal        Reason = "internal"

	Interrupted Reason = "interrupted"
)

// A Verdict ends the wait. It is not an error: "the deploy failed" is an answer.
type Verdict struct {
	Result Result `json:"result"`
	Reason Reason `json:"reason"`
	// Message is one sentence for people: what happened, and what to do next if
	// something has to be done.
	Message string `json:"message"`
	// Basis is empty unless Passed.
	Basis Basis `json:"basis,omitempty"`
}
