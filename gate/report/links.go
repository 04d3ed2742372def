// Links: where to read on, and what to copy. Nothing gets into an address or a command that has not
// exactly the form of a name, so nothing in it can mean anything else.

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

// links are the beginnings of addresses; empty where the thing has none that is known.
type links struct {
	app  string // the app on Heroku's dashboard
	repo string // the repository on GitHub
}

// newLinks knows the app by its name, and the repository by what the runner says:
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

// ofApp is Markdown that leads to a page of the app. The text has to be Markdown.
func (l links) ofApp(text, page string) string {
	if l.app == "" {
		return text
	}
	return "[" + text + "](" + l.app + page + ")"
}

// release leads to the release with what its phase printed.
func (l links) release(text, id string) string {
	if !aUUID.MatchString(id) {
		return text
	}
	return l.ofApp(text, "/activity/releases/"+id)
}

// commit is the commit as people name it, and leads to it.
func (l links) commit(sha string) string {
	text := markdown(short(sha))
	if l.repo == "" || !aCommit.MatchString(sha) {
		return text
	}
	return "[" + text + "](" + l.repo + "/commit/" + sha + ")"
}

// short is a commit in 7 digits; what is none stays as it is.
func short(commit string) string {
	if abbreviate.MatchString(commit) {
		return commit[:7]
	}
	return commit
}

// toCopy is the command that shows more of what went wrong; empty if there is none.
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

// logsToRead shows the log, of the dyno that matters if there is one. On Fir it has no history: the official client
// follows it there (heroku/cli, packages/cli/src/commands/logs.ts).
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

// dynoToRead is the dyno that matters; empty if none does.
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
