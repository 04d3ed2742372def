// GitHub Actions: workflow commands and files. The SDK writes them; it panics where
// the gate needs an error.

package report

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"heroku-rollout-gate/gate/rollout"

	"github.com/sethvargo/go-githubactions"
)

// A tone is how an ending is shown: in green, yellow or red, or as a notice, a warning or an error.
type tone int

const (
	good tone = iota
	doubtful
	bad
)

func toneOf(v rollout.Verdict) tone {
	switch {
	case v.Result != rollout.Passed:
		return bad
	case v.Basis == rollout.Proven && v.Reason != rollout.NothingToRun:
		return good
	}
	return doubtful
}

// headline names app, release, result and basis: "my-app v42: passed (proven)".
func headline(e Ending) string {
	var who []string
	if name := e.Picture.App.Name; name != "" {
		who = append(who, name)
	}
	if v := release(e.Picture); v != "" {
		who = append(who, v)
	}
	if len(who) == 0 {
		who = append(who, "roll-out")
	}
	line := fmt.Sprintf("%s: %s", strings.Join(who, " "), outcome(e.Verdict))
	if e.ObserveOnly {
		line = trialMark + line
	}
	return line
}

// outcome is the result with its basis or its reason: "failed (dynos-crashed)".
func outcome(v rollout.Verdict) string {
	why := string(v.Reason)
	switch {
	case v.Result == rollout.Passed && v.Reason == rollout.NothingToRun:
		why = "nothing to run, " + string(v.Basis)
	case v.Result == rollout.Passed:
		why = string(v.Basis)
	}
	if why == "" {
		return string(v.Result)
	}
	return fmt.Sprintf("%s (%s)", v.Result, why)
}

// annotate writes one annotation. The runner cuts messages at 4096 characters.
func (r *Report) annotate(t tone, title, message string) {
	a := r.sdk.WithFieldsMap(map[string]string{"title": cut(title, 200)})
	message = cut(message, 1000)
	switch t {
	case good:
		a.Noticef("%s", message)
	case doubtful:
		a.Warningf("%s", message)
	default:
		a.Errorf("%s", message)
	}
}

func (r *Report) command(name, message string) {
	r.sdk.IssueCommand(&githubactions.Command{Name: name, Message: message})
}

// writeOutputs writes all outputs at once. The SDK always uses the same delimiter, which everybody
// can know. A value that equals the delimiter could add outputs of its own, so each file gets a
// random one.
func (r *Report) writeOutputs(vs []outputValue) error {
	delimiter := "end_" + random()
	var b strings.Builder
	for i, v := range vs {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s", v.name, delimiter, v.value, delimiter)
	}
	if err := r.writeFile("output", b.String()); err != nil {
		return fmt.Errorf("writing outputs: %w", err)
	}
	return nil
}

// maxFile is the largest summary of a step. GitHub drops a larger one completely:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
const maxFile = 1 << 20

// writeSummary appends the page to the summary's file. page gets the bytes that are left there: other commands
// of the same step may have written to the file.
func (r *Report) writeSummary(page func(room int) string) error {
	room, before := maxFile, ""
	if info, err := os.Stat(r.getenv("GITHUB_STEP_SUMMARY")); err == nil && info.Size() > 0 {
		before = "\n\n" // otherwise the first line would become part of an unfinished paragraph
		room -= int(min(info.Size(), maxFile))
	}
	text := before + r.secrets.redact(page(room-64))
	if len(text) >= room {
		return errors.New("writing summary: its file is full already")
	}
	if err := r.writeFile("step-summary", text); err != nil {
		return fmt.Errorf("writing summary: %w", err)
	}
	return nil
}

// writeFile appends text to a file of the runner. It removes secrets.
func (r *Report) writeFile(name, text string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); ok {
				err = e
				return
			}
			err = fmt.Errorf("%v", p)
		}
	}()
	r.sdk.IssueFileCommand(&githubactions.Command{Name: name, Message: r.secrets.redact(text)})
	return nil
}

// random returns 128 random bits in hex, which nobody can guess.
func random() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails: https://pkg.go.dev/crypto/rand#Read
	return hex.EncodeToString(b)
}
