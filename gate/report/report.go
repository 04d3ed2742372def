// The report: its life from the first line to the outputs, and the rules of its voice.
//
// Rules of our voice:
//
//   - The step log gets one line when something changed that a reader cares
//     about, and one at least every 30 seconds. A terminal gets one line that is
//     updated in place; outside a terminal nothing is ever repainted.
//   - A line starts with how long the gate has waited, right-aligned: "1m05s  ".
//   - No capital at the start, no full stop at the end, plain words. Sentences
//     with both are for the summary, which is read as a page.
//   - A thing to mind is a line with "warning:", printed once. It is not an
//     annotation: those are for the ending, and there is one of them.
//   - Foreign log text is marked with "| " at each line and put in a group.
//   - Outputs are for machines: one line each, never a value made up for a moment
//     that did not happen.
//   - What comes from outside is inert everywhere, see escape.go. A secret is
//     never written, in any spelling, see secret.go.

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

// Options is the world that a Report speaks to.
type Options struct {
	// Stdout takes the step log. Nil discards it.
	Stdout io.Writer
	// Getenv reads the environment. Nil means an empty one.
	Getenv func(string) string
	// Terminal tells that Stdout is a terminal, and Width how many columns it has at the
	// moment. Nil, and a width of 0: that is not known, and nothing is fitted to it.
	Terminal bool
	Width    func() int
	// Result takes the end as one JSON object. Nil: nobody wants it.
	Result io.Writer
	// Version of the program. Empty: neither log nor summary tell it.
	Version string
}

// A Report is safe for use by several goroutines.
type Report struct {
	mu      sync.Mutex
	secrets *secrets
	out     *printer
	sdk     *githubactions.Action
	getenv  func(string) string
	actions bool // workflow commands are understood
	outputs bool // there is a file for outputs
	summary bool // there is a file for the summary
	result  io.Writer
	version string

	progress progress
	excerpts []excerpt
}

// New returns a Report for the world that o describes. Workflow commands are
// used if GITHUB_ACTIONS is true; outputs and the summary are written wherever
// GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name a file.
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
		outputs: o.Getenv("GITHUB_OUTPUT") != "",
		summary: o.Getenv("GITHUB_STEP_SUMMARY") != "",
		result:  o.Result,
		version: o.Version,
	}
}

// Begin is the first line of the log: which version runs.
func (r *Report) Begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.version != "" {
		r.out.line("rollout-gate " + r.version)
	}
}

// Text is text from outside as one line that does no harm wherever it is printed.
func (r *Report) Text(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text(s, sentenceLength)
}

// Note is a line of the log.
func (r *Report) Note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.sentence(r.text(s, sentenceLength))
}

// Mask keeps a secret out of everything that is printed or written from now on,
// here and, in Actions, in the rest of the job. A secret of fewer than four bytes
// is not masked: it would blot out ordinary words.
func (r *Report) Mask(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, part := range r.secrets.add(secret) {
		if r.actions {
			// Straight to the writer: the one line that has to hold the secret. The
			// runner takes it out of the log.
			var b bytes.Buffer
			githubactions.New(githubactions.WithWriter(&b)).AddMask(part)
			r.out.raw(b.Bytes())
		}
	}
}

// Update shows the picture if it has news in it, or if nothing was shown for a while.
// Call it after every observation, and again when the wait has lasted as long as it
// returns.
func (r *Report) Update(p rollout.Picture) (again time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warn(p.At, r.progress.notices(p))
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

// explain says once, before the first line that has it, what a hidden dyno is.
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

// Debug shows a line for those who look for a fault: on GitHub as a message for debugging.
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

// Excerpt shows lines that somebody else wrote, and keeps them for the summary.
func (r *Report) Excerpt(title string, lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.newExcerpt(title, lines)
	r.keep(x)
	r.show(x)
}

// foreign marks a line that others wrote.
const foreign = "| "

// show prints lines that others wrote or named, in a group where there are groups.
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

// An Ending is all that there is to tell when the wait is over.
type Ending struct {
	Picture rollout.Picture
	Verdict rollout.Verdict
	// Waited is how long the gate waited.
	Waited time.Duration
	// Requests is the number of requests sent to the platform's API;
	// BudgetRemaining and BudgetLowest are what the platform last said is left of
	// the account's budget, and the lowest that it said. -1 is unknown.
	Requests, BudgetRemaining, BudgetLowest int
	// Measured is what the run has shown of Heroku.
	Measured measure.Figures
	// ObserveOnly: it is a trial, and the step will not fail.
	ObserveOnly bool
}

// End writes outputs and summary, then the last lines of the log. The files come
// first: after a signal there is little time. Everything is tried, whatever fails; the
// error tells what later steps will miss.
func (r *Report) End(e Ending) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := r.progress.notices(e.Picture)
	// Where the last status line still stands, only the cost is news.
	shown := r.progress.shown && r.progress.news == newsOf(e.Picture) && !r.out.pending
	e.Picture = r.picture(e.Picture)
	e.Verdict, e.Measured = r.verdict(e.Verdict), r.figures(e.Measured)
	e = onTrial(e)

	var unwritten error
	if r.outputs {
		unwritten = r.writeOutputs(values(e))
	}
	if r.summary {
		unwritten = errors.Join(unwritten, r.writeSummary(func(room int) string {
			return summarize(e, r.excerpts, newLinks(e.Picture.App.Name, r.getenv), r.version, room)
		}))
	}
	unwritten = errors.Join(unwritten, r.writeResult(values(e)))
	r.warn(e.Picture.At, news)
	if x := fleetTable(e.Picture, r.out.width()); e.Verdict.Result != rollout.Passed && len(x.lines) > 0 {
		r.show(x)
	}
	r.explain(e.Picture)
	r.out.sentence(stamped(e.Waited, r.text(lastLine(e, shown), 600)))
	r.close(e, unwritten)
	return unwritten
}

// LogError is why the log does not hold all that was printed; nil if it does.
func (r *Report) LogError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.err
}

// close is the last word: an annotation in Actions, a plain line elsewhere.
func (r *Report) close(e Ending, unwritten error) {
	tone, message := toneOf(e.Verdict), e.Verdict.Message
	if unwritten != nil { // the step fails for it, and must say so
		tone = bad
		message = r.text(fmt.Sprintf("%s; but later steps miss it: %s", message, oneLine(unwritten)), 1000)
	}
	if e.ObserveOnly && tone == bad { // which would say that the step has failed
		tone = doubtful
	}
	if !r.actions {
		r.out.colored(tone, fmt.Sprintf("%s: %s", headline(e), strings.TrimPrefix(message, trialMark)))
		return
	}
	r.annotate(tone, headline(e), message)
}
