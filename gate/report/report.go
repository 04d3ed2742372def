// The report, from the first line of the log to the outputs.
//
// Rules of its style:
//
//   - The step log gets a line when something changes that matters to the reader,
//     and at least every 30 seconds. A terminal gets one line that is
//     updated in place. Outside a terminal nothing is updated in place.
//   - A line starts with how long the gate has waited, right-aligned: "1m05s  ".
//   - No capital at the start, no full stop at the end, plain words. Only the summary
//     has full sentences.
//   - A warning is a line with "warning:", printed once. It is not an
//     annotation: there is only one annotation, at the end.
//   - Log lines that somebody else wrote begin with "| ", and are put in a group.
//   - Outputs are for machines: one line each. If something did not happen, its output is
//     empty and not made up.
//   - Text from outside is always inert, see escape.go. A secret is never written,
//     in no spelling, see secret.go.

package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"heroku-rollout-gate/gate/measure"
	"heroku-rollout-gate/gate/rollout"

	"github.com/sethvargo/go-githubactions"
)

// Options say where a Report writes.
type Options struct {
	// Stdout gets the step log. nil: it is discarded.
	Stdout io.Writer
	// Getenv reads the environment. nil: it is empty.
	Getenv func(string) string
	// Terminal: Stdout is a terminal. Width returns its present number of columns; nil or
	// 0: not known, then nothing is fitted to the width.
	Terminal bool
	Width    func() int
	// Result gets the outputs as one JSON object. nil: it is not written.
	Result io.Writer
	// Version of the program. Empty: log and summary do not show it.
	Version string
}

// A Report is safe for use by several goroutines.
type Report struct {
	mu      sync.Mutex
	secrets *secrets
	out     *printer
	sdk     *githubactions.Action
	getenv  func(string) string
	actions bool // it runs in GitHub Actions, which understands workflow commands
	masks   bool // it runs as the action: GitHub reads what it prints, and hides a masked key
	outputs bool // there is a file for outputs
	summary bool // there is a file for the summary
	result  io.Writer
	version string

	progress progress
	excerpts []excerpt
}

// New returns a Report. It uses workflow commands if GITHUB_ACTIONS is true. It writes outputs and summary
// if GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name a file.
func New(o Options) *Report {
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	actions := o.Getenv("GITHUB_ACTIONS") == "true"
	s := &secrets{}
	out := &printer{
		w:       o.Stdout,
		secrets: s,
		live:    o.Terminal && !actions && o.Getenv("TERM") != "dumb",
		columns: o.Width,
	}
	out.color = out.live && o.Getenv("NO_COLOR") == ""
	return &Report{
		secrets: s,
		out:     out,
		sdk:     githubactions.New(githubactions.WithWriter(out), githubactions.WithGetenv(o.Getenv)),
		getenv:  o.Getenv,
		actions: actions,
		masks:   actions && o.Getenv("INPUT_API-KEY") != "", // a shell cannot set a name with a dash
		outputs: o.Getenv("GITHUB_OUTPUT") != "",
		summary: o.Getenv("GITHUB_STEP_SUMMARY") != "",
		result:  o.Result,
		version: o.Version,
	}
}

// Begin prints the first line of the log: the version of the program.
func (r *Report) Begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.version != "" {
		r.out.line("rollout-gate " + r.version)
	}
}

// Text makes text from outside inert (see escape.go).
func (r *Report) Text(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text(s, sentenceLength)
}

// Note prints a line.
func (r *Report) Note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.sentence(r.text(s, sentenceLength))
}

// Mask removes a secret from everything that is printed or written from now on, by this Report and, if it runs as
// the action with the key as an input, in the rest of the job. In a shell, what is printed may go to a file, so the
// secret is not printed. A secret of fewer than four bytes is not masked: that would remove parts of ordinary words.
func (r *Report) Mask(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, part := range r.secrets.add(secret) {
		if r.masks {
			// This is the only line that must contain the secret. The runner does not
			// show it in the log.
			var b bytes.Buffer
			githubactions.New(githubactions.WithWriter(&b)).AddMask(part)
			r.out.raw(b.Bytes())
		}
	}
}

// Update prints a line if the picture has news, or if nothing was printed for a while.
// Call it after every observation, and at the latest when the wait has lasted as long as the last call
// returned.
func (r *Report) Update(p rollout.Picture) (again time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warn(p.At, r.progress.newNotices(p))
	line, again := r.progress.next(p, r.out.live)
	if line == "" {
		return again
	}
	r.explain(p)
	status := stamped(p.At, r.text(line, 600))
	if w := r.out.width(); w > 0 && utf8.RuneCountInString(status) > w {
		status = stamped(p.At, r.text(brief(p), 600))
	}
	r.out.status(status)
	return again
}

// explain says what a hidden dyno is, once, before the first line that has one.
func (r *Report) explain(p rollout.Picture) {
	if !r.progress.explained && anyHidden(p.Types) {
		r.progress.explained = true
		r.out.sentence(stamped(p.At, "hidden dynos are "+hidden))
	}
}

func (r *Report) warn(at time.Duration, notices []string) {
	for _, n := range notices {
		r.out.sentence(stamped(at, "warning: "+r.text(n, 400)))
	}
}

// Debug prints a debug line. In Actions it is a debug message, which GitHub shows only when debug logging is on.
func (r *Report) Debug(at time.Duration, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line = r.text(line, 400)
	if r.actions {
		r.sdk.Debugf("%s", stamped(at, line))
		return
	}
	r.out.sentence(stamped(at, "debug: "+line))
}

// Excerpt prints lines that somebody else wrote, and keeps them for the summary.
func (r *Report) Excerpt(title string, lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.newExcerpt(title, lines)
	r.keep(x)
	r.show(x)
}

// foreign marks a line that somebody else wrote.
const foreign = "| "

// show prints an excerpt; in Actions in a group in which workflow commands are switched off.
func (r *Report) show(x excerpt) {
	if !r.actions {
		r.out.line(fold(x.title, r.out.width(), 2))
		for _, l := range x.lines {
			r.out.line(foreign + l)
		}
		return
	}
	token := random()
	r.sdk.Group(x.title)
	r.command("stop-commands", token)
	for _, l := range x.lines {
		r.out.line(foreign + l)
	}
	r.command(token, "")
	r.sdk.EndGroup()
}

// An Ending is how a wait ended.
type Ending struct {
	Picture rollout.Picture
	Verdict rollout.Verdict
	Waited  time.Duration // how long the gate waited
	// Requests is the number of requests to the platform's API. BudgetRemaining is how many
	// requests the account has left by the newest answer, and BudgetLowest the lowest number in any answer.
	// -1: not known.
	Requests, BudgetRemaining, BudgetLowest int
	// Measured is what the run has shown of Heroku.
	Measured measure.Figures
	// ObserveOnly: the gate only observes, and the step does not fail.
	ObserveOnly bool
}

// End writes outputs and summary, and then the last lines of the log. The files come
// first because there is little time after a signal. If one part fails, the others are still written. The
// error says what later steps will miss. No step reads the summary, so without it there is only a warning.
func (r *Report) End(e Ending) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	notices := r.progress.newNotices(e.Picture)
	// If the last line of the log shows the state at the end, the state is not printed again. A status line in a
	// terminal does not count: it is overwritten.
	shown := r.progress.shown && r.progress.news == newsOf(e.Picture) && !r.out.pending
	e.Picture = r.picture(e.Picture)
	e.Verdict, e.Measured = r.verdict(e.Verdict), r.figures(e.Measured)
	e = onTrial(e)

	var unwritten error
	if r.outputs {
		unwritten = r.writeOutputs(values(e))
	}
	if r.summary {
		if err := r.writeSummary(func(room int) string {
			return summarize(e, r.excerpts, newLinks(e.Picture.App.Name, r.getenv), r.version, room)
		}); err != nil {
			notices = append(notices, "there is no summary: "+err.Error())
		}
	}
	unwritten = errors.Join(unwritten, r.writeResult(values(e)))
	r.warn(e.Picture.At, notices)
	if x := dynosForLog(e.Picture, r.out.width()); e.Verdict.Result != rollout.Passed && len(x.lines) > 0 {
		r.show(x)
	}
	r.explain(e.Picture)
	r.out.sentence(stamped(e.Waited, r.text(lastLine(e, shown), 600)))
	r.close(e, unwritten)
	return unwritten
}

// LogError is the first error of writing the log; nil if the log is complete.
func (r *Report) LogError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.err
}

// close writes the verdict: as an annotation in Actions, as a line elsewhere.
func (r *Report) close(e Ending, unwritten error) {
	tone, message := toneOf(e.Verdict), e.Verdict.Message
	if unwritten != nil { // then the step fails, and must say why
		tone = bad
		message = r.text(fmt.Sprintf("%s; but later steps miss it: %s", message, oneLine(unwritten)), 1000)
	}
	if e.ObserveOnly && tone == bad { // an error would mean that the step has failed
		tone = doubtful
	}
	if !r.actions {
		r.out.colored(tone, fmt.Sprintf("%s: %s", headline(e), strings.TrimPrefix(message, trialMark)))
		return
	}
	r.annotate(tone, headline(e), message)
}
