// A watch that begins before a deploy: rollout-gate watch-ahead. It writes what it observes to a recording,
// with which the gate goes on when it comes. begin/action.yml starts it.

package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/watch"
)

const (
	// aheadLife is how long such a watch lasts, if no gate ends it: a job may have been given up.
	aheadLife = time.Hour
	// beatEvery is how often it says that it is alive, and beatSilence how long it may say nothing.
	beatEvery   = time.Second
	beatSilence = 10 * time.Second
	// maxAhead is how long its recording becomes at most.
	maxAhead = 16 << 20
	// maxWritten is how many lines are remembered to be written once.
	maxWritten = 20_000
)

// aheadOf tells in the recording of a watch on which machine it runs, and how its times relate to those of
// another process there. How they relate to the platform's tells the date of each answer.
type aheadOf struct {
	// Boot names the boot of the machine, and Up is how long that was ago when the watch began.
	Boot string        `json:"boot"`
	Up   time.Duration `json:"up"`
	// Run is the workflow's run; empty outside of Actions.
	Run string `json:"run,omitempty"`
	// API is a digest of the address of the API, which may hold a password.
	API string `json:"api,omitempty"`
}

// here is where and for what this program runs.
func (c *Command) here(apiURL string) (aheadOf, error) {
	boot, up, err := c.uptime()
	if err != nil {
		return aheadOf{}, fmt.Errorf("reading how long this machine has been up: %w", err)
	}
	digest := sha256.Sum256([]byte(apiURL))
	return aheadOf{Boot: boot, Up: up, Run: runOf(c.Getenv), API: hex.EncodeToString(digest[:8])}, nil
}

// A beat is a line of the recording that says that the watch is alive.
type beat struct {
	// Beat is how long the machine has been up.
	Beat time.Duration `json:"beat"`
	// Log is how far the log was read; nil if that is as it was, or not known.
	Log *logtail.Position `json:"log,omitempty"`
}

// beatLine begins each of them.
const beatLine = `{"beat":`

// aheadPath is where the recording of an app is.
func aheadPath(folder, app string) string {
	return filepath.Join(folder, "heroku-rollout-gate-"+app+".watch")
}

// runOf names the workflow's run; empty outside of Actions.
func runOf(getenv func(string) string) string {
	if id := getenv("GITHUB_RUN_ID"); id != "" {
		return id + "-" + getenv("GITHUB_RUN_ATTEMPT")
	}
	return ""
}

// aheadFlags are those of the command.
func aheadFlags() *pflag.FlagSet {
	set := newFlags()
	for _, in := range Inputs {
		switch in.Name {
		case "app", "api-key", "api-url":
			set.VarPF(&text{in.Default, in.valueName()}, in.Name, "", strings.ReplaceAll(in.About, "`", ""))
		}
	}
	set.VarPF(&text{"", "folder"}, "folder", "", "Where the recording goes. Empty: RUNNER_TEMP.")
	return set
}

// watchAhead watches until a gate takes the recording away, for an hour at most.
func (c *Command) watchAhead(ctx context.Context, given given) int {
	s, problems := readInputs(given.flags, c.Getenv)
	folder := given.flags["folder"]
	if folder == "" {
		folder = c.Getenv("RUNNER_TEMP")
	}
	if folder == "" {
		problems = append(problems, errors.New("there is no folder for the recording: give --folder, or set RUNNER_TEMP"))
	}
	s.HeadStart, s.UseLog, s.record = true, true, ""
	here, err := c.here(s.apiURL)
	if err != nil {
		problems = append(problems, err)
	}
	var p *parts
	if len(problems) == 0 {
		if p, err = c.build(s); err != nil {
			problems = append(problems, err)
		}
	}
	out := report.New(report.Options{}) // to make text harmless; the log of the container must not hold the key
	if s.key != "" {
		out.Mask(s.key)
	}
	if len(problems) > 0 {
		c.sayAhead(out, folder, said{app: s.App, warning: "the app is not watched: " + oneText(problems)})
		return ExitInvalid
	}
	path := aheadPath(folder, s.App)
	_ = os.Remove(path) // that of an earlier one, which ends by that
	r, err := newRecorder(path, s.key, header{Program: c.Version, Config: s.Config, Watch: &here})
	if err == nil {
		err = r.err // nothing is watched in vain
	}
	if err != nil {
		c.sayAhead(out, folder, said{app: s.App, warning: "the app is not watched: " + err.Error()})
		return ExitInvalid
	}
	r.longest = maxAhead
	defer p.client.Close()
	a := &aheadWatch{Command: c, recorder: r, path: path, app: s.App, out: out, tail: p.tail, ready: newReadiness(true), said: make(chan struct{}), written: map[observe.Line]bool{}}
	return a.run(ctx, s, p, folder)
}

// aheadWatch is the state of a watch that begins before a deploy.
type aheadWatch struct {
	*Command
	path  string
	app   string
	out   *report.Report
	tail  *logtail.Tail
	ready *readiness

	mu        sync.Mutex
	positions []logtail.Position // that are on their way to the recording, behind the lines before them
	recorder  *recorder
	lastBeat  time.Duration
	dynos     []observe.Dyno // of the newest full look, until it was said that the watch is ready
	newest    int            // of the releases of all of them
	said      chan struct{}  // closed then
	written   map[observe.Line]bool
}

// run watches to the end. The folder is where it says that it is ready.
func (a *aheadWatch) run(ctx context.Context, s settings, p *parts, folder string) int {
	ctx, cancel := context.WithTimeout(ctx, aheadLife)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		defer cancel()
		a.beat(ctx)
	})
	wg.Go(func() {
		err := a.ready.wait(ctx)
		hopeless := errors.As(err, new(refused))
		if hopeless {
			_ = os.Remove(a.path)
		}
		if ctx.Err() == nil {
			a.sayAhead(a.out, folder, a.whatRuns(err, hopeless))
		}
		if hopeless {
			cancel()
		}
	})
	w := &watch.Watcher{Config: s.Config, Platform: p.client, Log: a, Begin: make(chan struct{}), Record: a.record}
	w.Run(ctx)
	cancel()
	wg.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.recorder.close(); err != nil {
		fmt.Fprintln(a.Stderr, "rollout-gate:", err)
		return ExitUndecided
	}
	return ExitPassed
}

// Run reads the log, and says every second how far it was read. That goes the way of the lines, so that no
// position is in the recording before a line that it says was read.
func (a *aheadWatch) Run(ctx context.Context, emit func(observe.Observation)) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		told := ""
		for tick := time.NewTicker(beatEvery); ; {
			if p, ok := a.tail.Position(); ok && fmt.Sprint(p) != told {
				told = fmt.Sprint(p)
				a.mu.Lock()
				a.positions = append(a.positions, p)
				a.mu.Unlock()
				emit(observe.Observation{Why: positionDue})
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	})
	a.tail.Run(ctx, emit)
}

// Renew has the log read anew.
func (a *aheadWatch) Renew() { a.tail.Renew() }

// positionDue marks where the next position belongs.
const positionDue = "how far the log was read"

// record writes an observation down. The watch's own end, and a bug of its own, say nothing of the wait.
func (a *aheadWatch) record(o observe.Observation) {
	a.ready.see(o)
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := o.Look; l != nil && l.Full() && !isDone(a.said) {
		a.dynos = l.Dynos
		for _, r := range l.Releases {
			a.newest = max(a.newest, r.Version)
		}
	}
	switch {
	case o.Why == positionDue:
		a.recorder.write(beat{Beat: a.lastBeat, Log: &a.positions[0]})
		a.positions = a.positions[1:]
	case o.End != "", o.Trouble != nil && o.Trouble.Kind == observe.Internal, a.again(o):
	default:
		a.recorder.observe(o)
	}
}

// again reports whether a line was written already: each stream that is opened tells the log's history again.
// After a gap it counts anew.
func (a *aheadWatch) again(o observe.Observation) bool {
	switch {
	case o.Log != nil && o.Log.State == observe.Gapped, len(a.written) > maxWritten:
		clear(a.written)
	case o.Line != nil && a.written[*o.Line]:
		return true
	}
	if o.Line != nil {
		a.written[*o.Line] = true
	}
	return false
}

// beat says again and again that the watch is alive. It returns when the recording is gone, or became too long.
func (a *aheadWatch) beat(ctx context.Context) {
	for tick := time.NewTicker(beatEvery); ; {
		_, up, err := a.uptime()
		if err != nil || !a.write(beat{Beat: up}) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}

// write writes a beat. It reports whether the watch is to go on.
func (a *aheadWatch) write(b beat) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	mine, err := a.recorder.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(a.path)
	if err != nil || !os.SameFile(mine, there) {
		return false // a gate has taken it, or another watch
	}
	a.lastBeat = b.Beat
	a.recorder.write(b)
	return a.recorder.err == nil && !a.recorder.full
}
