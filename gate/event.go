// The event that started the workflow, which the runner writes to a file. The gate uses it only for hints in
// messages, so it ignores all errors of the file.

package gate

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
)

// maxEvent is how many bytes of the file are read. GitHub sends no larger event ("Webhook events and
// payloads", GitHub Docs: 25 MB).
const maxEvent = 25 << 20

var wholeCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// pullRequestHead returns the head commit of the pull request that the workflow runs for; empty if there is
// no pull request, or the file cannot be read.
func pullRequestHead(getenv func(string) string) string {
	path := getenv("GITHUB_EVENT_PATH")
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "" // opening a pipe would block until somebody writes to it
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
