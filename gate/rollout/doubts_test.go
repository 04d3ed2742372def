// Every doubt has a case in which the core reports it, and a row in docs/how-it-knows.md.

package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// logReplacesWeb1 has web.1 in the middle of a replacement without preboot, by the log: the new process is
// up, and the old one was asked to stop and has not ended.
func (b *bench) logReplacesWeb1(reach time.Duration) {
	b.logWhole(0, reach)
	b.line(1*sec, "web.1", observe.State, "up", "starting")
	b.line(2*sec, "web.1", observe.Start)
	b.line(3*sec, "web.1", observe.State, "starting", "up")
	b.line(4*sec, "web.1", observe.Sigterm)
}

var new42 = dyno("web.1", 42, "up", 1*sec)

// doubtCases has for each doubt a case that brings it up, and its words if they are not always the same.
var doubtCases = map[string]struct {
	words string
	play  func(b *bench)
}{
	"log-off": {"", func(b *bench) {
		b.core = rollout.New(rollout.Config{App: "shop"})
		b.apply(0, observe.Observation{App: &observe.App{ID: "a"}})
		b.look(5*sec, new42)
	}},
	"log-refused": {"", func(b *bench) {
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "the key has no access"}})
		b.look(5*sec, new42)
	}},
	"log-unavailable": {"opening the log: no answer", func(b *bench) {
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "opening the log: no answer (request 0123)"}})
		b.look(5*sec, new42)
	}},
	"log-unread": {"", func(b *bench) { b.look(5*sec, new42) }},
	"log-interrupted": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.apply(5*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Broken}})
		b.look(6*sec, new42)
	}},
	"history-unknown": {"", func(b *bench) {
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
		b.look(5*sec, new42)
	}},
	"history-short": {"", func(b *bench) {
		b.logReplacesWeb1(30 * sec)
		b.line(5*sec, "web.1", observe.Exit)
		b.look(20*sec, new42)
	}},
	"ledger-broken": {"the log shows an exit without its start", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		for d := 5 * sec; d < 8*sec; d += sec {
			b.line(d, "web.1", observe.Exit)
		}
		b.look(20*sec, new42)
	}},
	"start-announced": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(6*sec, "web.1", observe.State, "up", "starting")
		b.look(20*sec, new42)
	}},
	"start-missing": {"", func(b *bench) {
		b.logWhole(0, time.Hour)
		b.look(5*sec, new42)
	}},
	"start-lost": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(6*sec, "web.1", observe.Sigterm)
		b.line(7*sec, "web.1", observe.Exit)
		b.look(20*sec, new42)
	}},
	"exit-due": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.look(20*sec, new42)
	}},
	"stopping": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(6*sec, "web.1", observe.Sigterm)
		b.look(20*sec, new42)
	}},
	"exit-unattributed": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.look(5*sec+sec/2, new42)
	}},
	"list-behind": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(12*sec, "web.1", observe.State, "up", "down")
		b.look(20*sec, new42)
	}},
	"crash-unconfirmed": {"", func(b *bench) {
		b.logReplacesWeb1(time.Hour)
		b.line(40*sec, "web.1", observe.Exit) // too long after the SIGTERM to be its effect
		b.look(45*sec, new42)
	}},
}

func TestEveryDoubt(t *testing.T) {
	t.Parallel()
	for _, d := range rollout.Doubts {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			c, ok := doubtCases[d.Name]
			if !ok {
				t.Fatal("this doubt has no case")
			}
			if (c.words == "") == (d.Says == "") {
				t.Fatalf("either the doubt or its case must have the words: they have %q and %q", d.Says, c.words)
			}
			b := newBench(t, rollout.Config{})
			c.play(b)
			b.shut(d.Says + c.words)
			if p := b.core.Picture(); len(p.Types) != 1 || p.Types[0].HoldReason != d.Says+c.words {
				t.Errorf("the types are %+v, want the reason %q", p.Types, d.Says+c.words)
			}
			if got, want := b.core.Doubts(), "web.1: "+d.Says+c.words; !slices.Equal(got, []string{want}) {
				t.Errorf("doubts %q, want %q", got, want)
			}
		})
	}
	if len(doubtCases) != len(rollout.Doubts) {
		t.Errorf("%d cases for %d doubts", len(doubtCases), len(rollout.Doubts))
	}
}

// Doubts lists only labels with a doubt, and not those that are proven or presumed. A process type has a
// doubt about what was never listed, which is left out if a label of the type has the same.
func TestDoubtsOfSeveralTypes(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.addType("web", 2, -99*time.Hour, -20*sec)
	b.addType("worker", 1, -99*time.Hour, -20*sec)
	b.addType("clock", 0, -99*time.Hour, -10*sec)
	b.logReplacesWeb1(30 * time.Second)
	b.line(5*sec, "web.1", observe.Exit)
	b.look(20*sec, new42, dyno("web.2", 42, "up", 1*sec), dyno("worker.1", 41, "up", -time.Hour))
	const short = "the log's history does not reach back far enough"
	want := []string{"web.1: " + short, "web.2: " + short, "worker.1: an old dyno is listed", "clock: " + short, "worker: " + short}
	if got := b.core.Doubts(); !slices.Equal(got, want) {
		t.Errorf("at 20 s the doubts are\n%q, want\n%q", got, want)
	}
	b.look(200*sec, new42, dyno("web.2", 42, "up", 1*sec))
	if got, want := b.core.Doubts(), []string{"worker.1: " + rollout.ExitDue}; !slices.Equal(got, want) {
		t.Errorf("at 200 s the doubts are\n%q, want\n%q", got, want)
	}
}

// The page lists the doubts in the order and in the words of the code.
func TestEveryDoubtIsOnThePage(t *testing.T) {
	t.Parallel()
	tables := tableRows(readFile(t, "../../docs/how-it-knows.md"), "| doubt | in the words of the gate | why it is one |")
	if len(tables) != 1 {
		t.Fatal("there is no table of doubts")
	}
	var page, code []string
	for _, row := range tables[0] {
		page = append(page, row[0]+" "+row[1])
		if len(row) != 3 || len(row[2]) < 20 {
			t.Errorf("%s is not explained", row[0])
		}
	}
	for _, d := range rollout.Doubts {
		says := d.Says
		if says == "" {
			says = "(the reason)"
		}
		code = append(code, "`"+d.Name+"` "+says)
	}
	if !slices.Equal(page, code) {
		t.Errorf("the page has\n%s\nand the code\n%s", strings.Join(page, "\n"), strings.Join(code, "\n"))
	}
}

// The page names the doubts that runtime metrics can settle.
func TestCountingDoubtsAreOnThePage(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(readFile(t, "../../docs/how-it-knows.md"), "- No doubt is there but ")
	page, _, _ := strings.Cut(rest, ", which")
	var code []string
	for _, d := range rollout.Doubts {
		if d.Counting {
			code = append(code, "`"+d.Name+"`")
		}
	}
	if got := strings.Split(strings.ReplaceAll(page, " and ", ", "), ", "); !slices.Equal(got, code) {
		t.Errorf("the page has %q, and the code %q", got, code)
	}
}
