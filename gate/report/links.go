// Links, and commands to copy. Only text that has exactly the form of a name, an id or a commit gets into an
// address or a command, so that it cannot mean anything else there.

package report

import (
	"fmt"
	"regexp"
	"slices"

	"heroku-rollout-gate/gate/rollout"
)

var (
	// "name" of the schema's app: https://devcenter.heroku.com/articles/platform-api-reference#app.
	appName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,28}[a-z0-9]$`)
	aUUID   = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	// web.1, run.1234, and pods as in web-5d8f9c7b66-x2x7k.
	dynoName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,80}(?:\.[0-9]{1,10})?$`)
	aCommit    = regexp.MustCompile(`^[0-9a-f]{40}(?:[0-9a-f]{24})?$`)
	abbreviate = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
	aServer    = regexp.MustCompile(`^https://[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?(?::[0-9]{1,5})?$`)
	// The owner can be a managed user, as in octo_acme:
	// https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication.
	repository = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$`)
)

// links are the beginnings of addresses; empty if not known.
type links struct {
	app  string // the app on Heroku's dashboard
	repo string // the repository on GitHub
}

// newLinks takes the repository from the runner's environment:
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
func newLinks(app string, getenv func(string) string) links {
	var l links
	if appName.MatchString(app) {
		l.app = "https://dashboard.heroku.com/apps/" + app
	}
	server, repo := getenv("GITHUB_SERVER_URL"), getenv("GITHUB_REPOSITORY")
	if aServer.MatchString(server) && repository.MatchString(repo) {
		l.repo = server + "/" + repo
	}
	return l
}

// ofApp links to a page of the app on the dashboard. The text must be Markdown already.
func (l links) ofApp(text, page string) string {
	if l.app == "" {
		return text
	}
	return "[" + text + "](" + l.app + page + ")"
}

// release links to the release on the dashboard, with the output of its release phase.
func (l links) release(text, id string) string {
	if !aUUID.MatchString(id) {
		return text
	}
	return l.ofApp(text, "/activity/releases/"+id)
}

// commit is the short name of a commit, with a link to it.
func (l links) commit(sha string) string {
	text := markdown(short(sha))
	if l.repo == "" || !aCommit.MatchString(sha) {
		return text
	}
	return "[" + text + "](" + l.repo + "/commit/" + sha + ")"
}

// short is the first 7 digits of a commit. Any other text stays as it is.
func short(commit string) string {
	if abbreviate.MatchString(commit) {
		return commit[:7]
	}
	return commit
}

// toCopy is the command that shows more about what went wrong; empty if there is none.
func toCopy(e Ending) string {
	app := e.Picture.App.Name
	if !appName.MatchString(app) {
		return ""
	}
	switch e.Verdict.Reason {
	case rollout.DynosCrashed, rollout.NewDynosMissing, rollout.OldDynosRemain:
		return logsToRead(e, app)
	case rollout.ReleaseFailed:
		return fmt.Sprintf("heroku releases:output %s --app %s", release(e.Picture), app)
	case rollout.Superseded, rollout.RolledBack, rollout.ReleaseMissing:
		return "heroku releases --app " + app
	}
	return ""
}

// logsToRead is the command for the log, if possible of the one dyno that matters. On Fir the log has no
// history, so the command follows the log, as the official client does (heroku/cli,
// packages/cli/src/commands/logs.ts).
func logsToRead(e Ending, app string) string {
	line, of, last := "heroku logs --app "+app, " --dyno ", " --num 100"
	if e.Picture.App.Generation == "fir" {
		of, last = " --dyno-name ", " --tail"
	}
	if name := dynoToRead(e); name != "" {
		line += of + name
	}
	return line + last
}

// dynoToRead is the dyno that the verdict is about, or else the first one in trouble; empty if there is none.
func dynoToRead(e Ending) string {
	name := e.Verdict.Dyno
	if name == "" {
		if i := slices.IndexFunc(e.Picture.Dynos, func(d rollout.DynoPicture) bool {
			if e.Verdict.Reason == rollout.OldDynosRemain {
				return d.Old || d.Hidden > 0
			}
			return !d.Old && d.State != "up" && d.State != "idle"
		}); i >= 0 {
			name = e.Picture.Dynos[i].Label
		}
	}
	if !dynoName.MatchString(name) {
		return ""
	}
	return name
}
