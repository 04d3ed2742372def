// The promises of the gate, and the complaints about other tools. For each there is a story
// with the promised ending.

package gate_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// A promise is kept by stories: "name: result reason".
type promise struct {
	words string
	kept  []string
}

// Which release the gate waits for, and what it does when that release fails or is superseded.
var targetPromises = []promise{
	{"latest is the newest release at the start", []string{"plain-restart: passed rolled-out", "capture-020-releases-seconds-apart: passed rolled-out"}},
	{"a deploy that made no release does not look like a success: the age of the newest one is said", []string{"latest-of-days-ago: passed rolled-out", "latest-after-a-release-phase-of-15-minutes: passed rolled-out"}},
	{"a list that is behind does not hide a newer one", []string{"latest-while-the-api-is-behind: passed rolled-out", "latest-failed-before-while-the-api-is-behind: passed rolled-out", "latest-failed-before-while-the-api-is-behind-log-off: passed rolled-out"}},
	{"an app that is not there yet is waited for", []string{"app-that-comes-late: passed rolled-out", "app-that-comes-late-after-an-outage: passed rolled-out", "app-that-never-comes: undecided app-not-found", "app-that-is-not-there: undecided app-not-found"}},
	{"Heroku waits for no check that waits for Heroku: that is said", []string{"commit-whose-checks-heroku-waits-for: timed-out release-missing"}},
	{"a pull request's merge commit is never built: which one to name is said", []string{"commit-that-was-made-for-a-pull-request: timed-out release-missing", "latest-carries-the-head-of-the-pull-request: passed rolled-out"}},
	{"its release phase is waited for", []string{"release-phase-runs-when-the-gate-comes: passed rolled-out", "phase-succeeds: passed rolled-out", "release-phase-outlasts-the-timeout: timed-out release-missing"}},
	{"a release phase that failed ends the wait", []string{"phase-fails: failed release-failed", "commit-whose-release-phase-fails: failed release-failed"}},
	{"a status that is not known is not good", []string{"release-of-an-unknown-status: timed-out release-missing"}},
	{"the commit of the newest release that is not the workflow's is warned of", []string{"latest-carries-another-commit: passed rolled-out", "latest-carries-the-workflows-commit: passed rolled-out"}},
	{"a build that runs beside an old newest release is warned of", []string{"latest-while-a-build-runs: passed rolled-out"}},
	{"a release is named by its version or its id", []string{"release-named-without-v: passed rolled-out", "release-by-id: passed rolled-out", "release-that-was-rolled-out-long-ago: passed rolled-out"}},
	{"one that is not there yet is waited for", []string{"release-by-id: passed rolled-out", "release-that-never-appears: timed-out release-missing"}},
	{"one that is newer than another is waited for", []string{"newer-than-a-release-that-comes-late: passed rolled-out", "newer-than-a-release-and-it-is-there: passed rolled-out", "newer-than-a-release-and-nothing-was-deployed: timed-out release-missing"}},
	{"an app without releases is not rolled out", []string{"release-of-a-young-app: passed rolled-out", "young-app-that-is-never-released: timed-out release-missing"}},
	{"the history of releases is read as far as it matters", []string{"release-far-back-in-a-long-history: passed rolled-out", "release-id-far-back-in-a-long-history: passed rolled-out", "rolled-back-to-a-release-of-long-ago: failed rolled-back"}},
	{"a commit is given in full or abbreviated", []string{"commit-in-full: passed rolled-out", "commit-abbreviated-while-it-builds: passed rolled-out"}},
	{"an abbreviation of two commits is refused", []string{"commit-ambiguous: failed invalid-input", "commit-ambiguous-with-a-build: failed invalid-input"}},
	{"builds tell that the commit's release is coming", []string{"commit-abbreviated-while-it-builds: passed rolled-out", "commit-that-is-not-built-in-time: timed-out release-missing"}},
	{"or that it will not come", []string{"commit-whose-build-fails: failed build-failed"}},
	{"a failure of an earlier try is not that of this one", []string{"commit-that-failed-in-an-earlier-try: passed rolled-out", "commit-whose-release-phase-failed-is-retried: passed rolled-out", "commit-that-failed-a-moment-ago: failed release-failed"}},
	{"an older release that is fully rolled out does not open the gate meanwhile", []string{"commit-that-an-older-release-had: passed rolled-out", "commit-that-comes-again-within-minutes: passed rolled-out", "commit-that-other-code-has-followed: timed-out release-missing", "commit-followed-by-a-config-release: passed rolled-out", "commit-comes-back-by-a-rollback: passed rolled-out"}},
	{"where no commit can be matched, that is said", []string{"container-commit-cannot-be-matched: timed-out release-missing", "fir-commit-cannot-be-matched: timed-out release-missing"}},
	{"the commit of an image serves where the platform knows it", []string{"fir-commit-by-image: passed rolled-out"}},
	{"a newer release of the target's own code is followed", []string{"race-followed-by-a-config-change: passed rolled-out", "race-followed-by-a-config-change-gate-after-it: passed rolled-out", "capture-081-crash-and-then-a-config-release: passed rolled-out"}},
	{"one that brings other code ends the wait", []string{"superseded-by-other-code: failed superseded", "race-older-commit-comes-last: failed superseded"}},
	{"the same state gives the same verdict, whether the gate came before or after it", []string{"race-older-commit-comes-last-gate-before: failed superseded", "race-older-commit-comes-last-gate-after-it: failed superseded", "commit-that-was-followed-a-moment-ago: failed superseded", "race-followed-gate-after-it: passed rolled-out"}},
	{"where its code is not told, it is followed, and that is said", []string{"race-of-containers-is-followed: passed rolled-out"}},
	{"any newer code is followed, if the caller says so", []string{"superseded-and-followed: passed rolled-out", "race-followed-gate-after-it: passed rolled-out"}},
	{"or any newer release ends the wait", []string{"superseded-and-told-to-fail: failed superseded"}},
	{"a config change while the target's phase runs brings old code back, and nobody rolled back", []string{"config-change-while-the-release-phase-runs: failed rolled-back"}},
	{"a newer release that fails supersedes nothing", []string{"superseded-by-a-release-that-fails: passed rolled-out"}},
	{"code from before the target that comes back is a failure", []string{"rolled-back-while-waiting: failed rolled-back", "rolled-back-without-a-log: failed rolled-back", "rolled-back-on-fir: failed rolled-back", "rolled-back-container: failed rolled-back", "old-commit-is-deployed-again: failed rolled-back", "rolled-back-before-its-release-phase-is-over: failed rolled-back"}},
	{"the target's own code is not older code", []string{"rolled-back-to-the-target-itself: passed rolled-out", "same-commit-is-deployed-again: passed rolled-out", "deploy-that-failed-is-repaired: passed rolled-out"}},
	{"as long as it is not known which code came, the gate stays shut", []string{"rolled-back-while-the-slug-cannot-be-read: failed rolled-back", "rolled-back-while-the-releases-are-behind: failed rolled-back", "rolled-back-while-the-releases-call-it-pending: failed rolled-back"}},
	{"a config change is a release like any other", []string{"config-release-with-preboot: passed rolled-out"}},
}

// When the gate opens.
var openingPromises = []promise{
	{"everything must hold at once, and for the time to settle", []string{"settle: passed rolled-out", "settle-with-a-crash-in-between: passed rolled-out"}},
	{"no old dyno remains in any process type in scope", []string{"preboot-web-beside-workers-proven: passed rolled-out", "preboot-web-beside-workers-log-off: passed rolled-out", "measured-deploy-timeout: timed-out old-dynos-remain"}},
	{"what a restart leaves behind is waited for, too", []string{"restart-without-a-release: passed rolled-out", "restart-without-a-release-preboot: passed rolled-out"}},
	{"so is the code that a rollback replaces", []string{"rollback-waited-out: passed rolled-out"}},
	{"as many new ones are up as the formation wants", []string{"new-dynos-missing: timed-out new-dynos-missing", "scale-up-while-waiting: passed rolled-out", "scale-down-while-waiting: passed rolled-out"}},
	{"a wait that timed out can be begun again: neither proof nor hold begins with the gate", []string{"time-out-with-hidden-dynos: timed-out old-dynos-remain", "time-out-with-hidden-dynos-run-again: passed rolled-out", "time-out-with-hidden-dynos-run-again-log-refused: passed rolled-out"}},
	{"a sleeping eco dyno counts as up", []string{"eco-dynos-fall-asleep-while-waiting: passed rolled-out", "eco-dyno-slept-before-the-release: passed rolled-out"}},
	{"an empty dyno list is nothing known", []string{"empty-dyno-list-for-a-while: passed rolled-out", "empty-dyno-list-before-the-release: passed rolled-out", "empty-dyno-list-in-the-middle: passed rolled-out"}},
	{"a formation of zero is allowed, with a warning", []string{"formation-of-zero: passed nothing-to-run", "scale-to-zero-while-waiting: passed nothing-to-run"}},
	{"every page of the dyno list is read", []string{"more-than-200-dynos: passed rolled-out", "second-page-of-the-dyno-list-fails: passed rolled-out"}},
	{"one-off dynos are left out, and named", []string{"old-console-is-left-out-but-named: passed rolled-out", "scheduler-dynos-come-and-go: passed rolled-out"}},
	{"unless they are to be waited for", []string{"old-console-is-waited-for: passed rolled-out", "old-console-keeps-the-gate-shut: timed-out old-dynos-remain", "old-console-is-waited-for-beside-one-process-type: passed rolled-out"}},
	{"process types can be chosen", []string{"process-type-alone-in-scope: passed rolled-out"}},
	{"an unknown process type is an input error that lists the types", []string{"process-type-misspelt: failed invalid-input", "process-type-misspelt-before-the-release: failed invalid-input"}},
	{"a process type may have the name of one-off dynos", []string{"process-type-named-run: passed rolled-out", "process-type-named-release: passed rolled-out", "process-type-named-scheduler-scaled-to-zero: passed rolled-out"}},
	{"a new dyno that stays crashed ends the wait", []string{"new-dyno-stays-crashed: failed dynos-crashed", "new-dyno-stays-crashed-short-grace-log-off: failed dynos-crashed"}},
	{"so does one that crashes again and again", []string{"new-dyno-crashes-again-and-again: failed dynos-crashed", "new-dyno-up-for-seconds-crashes-again-and-again: failed dynos-crashed", "boot-timeouts-again-and-again: failed dynos-crashed", "crash-loop: failed dynos-crashed"}},
	{"one crash and a good restart does not", []string{"one-crash-and-a-good-restart: passed rolled-out", "boot-timeout-of-the-new-dyno: passed rolled-out", "memory-kill-of-the-new-dyno-just-before-the-old-one-is-killed: passed rolled-out"}},
}

// Complaints about wrong verdicts of other tools.
var complaints = []promise{
	{"an account whose budget others have used up is told so, and not sent to Heroku's status page", []string{"api-rate-limited-to-the-end: timed-out platform-unreachable"}},
	{"S. Dignam, Heroku Deployment Deception: finished, while old dynos ran for five minutes", []string{"measured-deploy: passed rolled-out"}},
	{"heroku/cli#1732: ps:wait loops for ever when dynos crash", []string{"new-dyno-stays-crashed: failed dynos-crashed", "crash-loop: failed dynos-crashed"}},
	{"ps:wait passes at once when the dyno list is empty", []string{"empty-dyno-list-for-a-while: passed rolled-out", "scaled-to-zero-just-before-the-deploy: passed nothing-to-run"}},
	{"ps:wait passes when the process type is misspelt", []string{"process-type-misspelt: failed invalid-input"}},
	{"ps:wait passes when the app has no release", []string{"young-app-that-is-never-released: timed-out release-missing"}},
	{"ps:wait waits for ever for a newest release that failed", []string{"phase-fails: failed release-failed"}},
	{"ps:wait waits on scheduler dynos", []string{"scheduler-dynos-come-and-go: passed rolled-out"}},
	{"ps:wait waits for ever for sleeping eco dynos", []string{"eco-dynos-fall-asleep-while-waiting: passed rolled-out"}},
	{"ps:wait is blind to dynos that were prebooted over", []string{"preboot-one-dyno-proven: passed rolled-out"}},
	{"ps:wait passes for the release before, if it comes too early", []string{"release-named-without-v: passed rolled-out", "commit-abbreviated-while-it-builds: passed rolled-out"}},
	{"heroku/cli#1175: a newer release made it wait for ever", []string{"superseded-and-followed: passed rolled-out"}},
	{"heroku/heroku-apps#209: which release a dyno runs is not told", []string{"private-space: passed rolled-out"}},
	{"letsencrypt-rails-heroku#9: a pause of 5 s is too short with preboot", []string{"config-release-with-preboot: passed rolled-out"}},
	{"whacamole#13: a restart inside the window keeps an older dyno alive", []string{"preboot-restart-inside-the-window: passed rolled-out"}},
	{"heroku-deploy#51, #108, heroku-docker-deploy#10, hatchet#92: a failed release phase shown as green", []string{"phase-fails: failed release-failed", "commit-whose-release-phase-fails: failed release-failed"}},
	{"heroku-deploy#57: a health check that the old code answered", []string{"measured-deploy: passed rolled-out", "plain-restart: passed rolled-out"}},
	{"amazon-ecs-deploy-task-definition#191: green after an automatic rollback", []string{"rolled-back-while-waiting: failed rolled-back", "rolled-back-while-the-releases-are-behind: failed rolled-back"}},
	{"control-plane-flow#54, kubectl#1628: new is up is not old is gone", []string{"capture-032-late-sigterm: passed rolled-out", "preboot-one-dyno-proven: passed rolled-out"}},
	{"argo rollouts#1225: called degraded, and then it recovered", []string{"one-crash-and-a-good-restart: passed rolled-out"}},
}

func TestPromisesHaveStories(t *testing.T) {
	t.Parallel()
	for name, promises := range map[string][]promise{"target": targetPromises, "opening": openingPromises, "complaints": complaints} {
		for _, p := range promises {
			if len(p.kept) == 0 {
				t.Errorf("%s: %q has no story", name, p.words)
			}
			for _, k := range p.kept {
				story, ending, _ := strings.Cut(k, ": ")
				_, want := readStory(t, filepath.Join("testdata/stories", story+".yaml"))
				if got := want.Want.Result + " " + want.Want.Reason; got != ending {
					t.Errorf("%s: %q: story %s ends with %q, not %q", name, p.words, story, got, ending)
				}
			}
		}
	}
}
