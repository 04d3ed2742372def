// The event that the workflow runs for, as the runner tells it in a file. It only serves to say what may
// be wrong, so nothing that is wrong with the file ends the gate.

package gate

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
)

// maxEvent is how much of the file is read. GitHub sends no larger event ("Webhook events and
// payloads", GitHub Docs: 25 MB).
const maxEvent = 25 << 20

var wholeCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// pullRequestHead is the head of the pull request that the workflow runs for; empty if it runs for
// none, or that cannot be told.
func pullRequestHead(getenv func(string) string) string {
	path := getenv("GITHUB_EVENT_PATH")
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "" // opening a pipe would wait for somebody to write
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	var event struct {
		PullRequest struct {
			Head struct {
				SHA string `json:"sha"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	if json.NewDecoder(io.LimitReader(f, maxEvent)).Decode(&event) != nil {
		return ""
	}
	if head := event.PullRequest.Head.SHA; wholeCommit.MatchString(head) {
		return head
	}
	return ""
}
