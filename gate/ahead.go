// The subcommand watch-ahead: it watches an app from before a deploy and writes its observations to a recording.
// The gate, which starts after the deploy, continues from that recording. begin/action.yml starts watch-ahead.

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
	// aheadLife is how long the watch lasts if no gate stops it: the job may have been cancelled.
	aheadLife = time.Hour
	// beatEvery is how often the watch writes that it is alive. After beatSilence without such a line the gate
	// assumes that the watch has ended.
	beatEvery   = time.Second
	beatSilence = 10 * time.Second
	// maxAhead is the largest size of the recording, in bytes.
	maxAhead = 16 << 20
	// maxWritten is how many log lines the watch remembers, so that it writes each of them once.
	maxWritten = 20_000
)

// An origin says where and for what a watch runs. It stands in the first line of the recording, so that the gate
// can check whether it may use the recording, and can convert times of the watch to its own. (The Date header of
// each API answer relates the times of the watch to those of Heroku.)
type origin struct {
	// Boot is an id of the machine's boot. Up is the time between that boot and the begin of the watch.
	Boot string        `json:"boot"`
	Up   time.Duration `json:"up"`
	// Run is the id of the workflow run and the number of its attempt; empty outside of Actions.
	Run string `json:"run,omitempty"`
	// API is a digest of the address of the API, since the address may contain a password.
	API string `json:"api,omitempty"`
}

// origin returns the origin of this process.
func (c *Command) origin(apiURL string) (origin, error) {
	boot, up, err := c.uptime()
	if err != nil {
		return origin{}, fmt.Errorf("reading how long this machine has been up: %w", err)
	}
	digest := sha256.Sum256([]byte(apiURL))
	return origin{Boot: boot, Up: up, Run: workflowRun(c.Getenv), API: hex.EncodeToString(digest[:8])}, nil
}

// A beat is a line of the recording that says that the watch is alive.
type beat struct {
	// Beat is how long the machine had been up when the watch wrote this.
	Beat time.Duration `json:"beat"`
	// Log is how far the watch has read the log; nil if that has not changed, or is not known.
	Log *logtail.Position `json:"log,omitempty"`
}

// beatPrefix is how the line of a beat begins.
const beatPrefix = `{"beat":`

// aheadPath is the path of the recording of an app.
func aheadPath(folder, app string) string {
	return filepath.Join(folder, "heroku-rollout-gate-"+app+".watch")
}

func workflowRun(getenv func(string) string) string {
	if id := getenv("GITHUB_RUN_ID"); id != "" {
		return id + "-" + getenv("GITHUB_RUN_ATTEMPT")
	}
	return ""
}

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

// watchAhead watches until a gate removes the recording, at most for aheadLife.
func (c *Command) watchAhead(ctx context.Context, given commandLine) int {
	s, problems := readInputs(given.flags, c.Getenv)
	folder := given.flags["folder"]
	if folder == "" {
		folder = c.Getenv("RUNNER_TEMP")
	}
	if folder == "" {
		problems = append(problems, errors.New("there is no folder for the recording: give --folder, or set RUNNER_TEMP"))
	}
	s.HeadStart, s.UseLog, s.record = true, true, ""
	here, err := c.origin(s.apiURL)
	if err != nil {
		problems = append(problems, err)
	}
	var p *parts
	if len(problems) == 0 {
		if p, err = c.build(s); err != nil {
			problems = append(problems, err)
		}
	}
	out := report.New(report.Options{}) // only to escape text, and to mask the key: the container's log must not show it
	if s.key != "" {
		out.Mask(s.key)
	}
	if len(problems) > 0 {
		c.announce(out, folder, announcement{app: s.App, warning: "the app is not watched: " + joinErrors(problems)})
		return ExitInvalid
	}
	path := aheadPath(folder, s.App)
	_ = os.Remove(path) // stops an earlier watch of the app
	r, err := newRecorder(path, s.key, header{Program: c.Version, Config: s.Config, Watch: &here})
	if err == nil {
		err = r.err // of the first line: without a recording the watch is useless
	}
	if err != nil {
		c.announce(out, folder, announcement{app: s.App, warning: "the app is not watched: " + err.Error()})
		return ExitInvalid
	}
	r.maxLength = maxAhead
	defer p.client.Close()
	a := &aheadWatch{Command: c, recorder: r, path: path, app: s.App, out: out, tail: p.tail, ready: newReadiness(true), announced: make(chan struct{}), written: map[observe.Line]bool{}}
	return a.run(ctx, s, p, folder)
}

// aheadWatch is the state of watch-ahead.
type aheadWatch struct {
	*Command
	path  string
	app   string
	out   *report.Report
	tail  *logtail.Tail
	ready *readiness

	mu        sync.Mutex
	positions []logtail.Position // waiting until the lines before them are recorded
	recorder  *recorder
	lastBeat  time.Duration
	announced chan struct{}  // closed when the watch has announced that it is ready
	dynos     []observe.Dyno // of the newest full look before that
	newest    int            // the newest release in the looks before that
	written   map[observe.Line]bool
}

// run watches until the end. It announces in the folder that the watch is ready.
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
		impossible := errors.As(err, new(refused))
		if impossible {
			_ = os.Remove(a.path)
		}
		if ctx.Err() == nil {
			a.announce(a.out, folder, a.announcement(err, impossible))
		}
		if impossible {
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

// Run reads the log, and records every second how far it was read. A position goes through emit, behind the
// lines before it: if the recording contains a position, then it contains all lines up to that position.
func (a *aheadWatch) Run(ctx context.Context, emit func(observe.Observation)) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		last := ""
		for tick := time.NewTicker(beatEvery); ; {
			if p, ok := a.tail.Position(); ok && fmt.Sprint(p) != last {
				last = fmt.Sprint(p)
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

// Renew opens the log stream again.
func (a *aheadWatch) Renew() { a.tail.Renew() }

// positionDue is the Why of an observation in whose place the next position is recorded.
const positionDue = "how far the log was read"

// record writes an observation to the recording. It leaves out the end of this watch and a bug in it, which
// have no meaning for the wait of the gate.
func (a *aheadWatch) record(o observe.Observation) {
	a.ready.see(o)
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := o.Look; l != nil && l.Full() && !isClosed(a.announced) {
		a.dynos = l.Dynos
		for _, r := range l.Releases {
			a.newest = max(a.newest, r.Version)
		}
	}
	switch {
	case o.Why == positionDue:
		a.recorder.write(beat{Beat: a.lastBeat, Log: &a.positions[0]})
		a.positions = a.positions[1:]
	case o.End != "", o.Trouble != nil && o.Trouble.Kind == observe.Internal, a.duplicate(o):
	default:
		a.recorder.observe(o)
	}
}

// duplicate reports whether the recording contains a log line already: each new log stream begins with the log's
// history. After a gap in the log all lines are recorded again.
func (a *aheadWatch) duplicate(o observe.Observation) bool {
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

// beat writes regularly that the watch is alive. It returns when the recording is gone, or became too long.
func (a *aheadWatch) beat(ctx context.Context) {
	for tick := time.NewTicker(beatEvery); ; {
		_, up, err := a.uptime()
		if err != nil || !a.writeBeat(beat{Beat: up}) {
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

// writeBeat reports whether the watch should continue.
func (a *aheadWatch) writeBeat(b beat) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	mine, err := a.recorder.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(a.path)
	if err != nil || !os.SameFile(mine, there) {
		return false // a gate has removed it, or another watch has replaced it
	}
	a.lastBeat = b.Beat
	a.recorder.write(b)
	return a.recorder.err == nil && !a.recorder.full
}
