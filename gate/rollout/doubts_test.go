// Every doubt has a case in which it is the one that is told, and a line in the documents.

package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

// replacement is web.1 in the middle of a replacement without preboot: the new process has
// started and is up, the old one was asked to stop and has not ended.
func (b *bench) replacement(since time.Duration) {
	b.logs(0, since)
	b.line(1*sec, "web.1", observe.State, "up", "starting")
	b.line(2*sec, "web.1", observe.Start)
	b.line(3*sec, "web.1", observe.State, "starting", "up")
	b.line(4*sec, "web.1", observe.Sigterm)
}

var new42 = dyno("web.1", 42, "up", 1*sec)

// doubtful has, for each doubt, what brings it, and what it then says if that is not always the
// same.
var doubtful = map[string]struct {
	words string
	play  func(b *bench)
}{
	"log-off": {"", func(b *bench) {
		b.core = rollout.New(rollout.Config{App: "shop"})
		b.apply(0, observe.Observation{App: &observe.App{ID: "a"}})
		b.sees(5*sec, new42)
	}},
	"log-refused": {"", func(b *bench) {
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Refused, Reason: "the key has no access"}})
		b.sees(5*sec, new42)
	}},
	"log-unavailable": {"opening the log: no answer", func(b *bench) {
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Broken, Reason: "opening the log: no answer (request 0123)"}})
		b.sees(5*sec, new42)
	}},
	"log-unread": {"", func(b *bench) { b.sees(5*sec, new42) }},
	"log-interrupted": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.apply(5*sec, observe.Observation{Log: &observe.LogStatus{State: observe.Broken}})
		b.sees(6*sec, new42)
	}},
	"history-unknown": {"", func(b *bench) {
		b.apply(0, observe.Observation{Log: &observe.LogStatus{State: observe.Flowing}})
		b.sees(5*sec, new42)
	}},
	"history-short": {"", func(b *bench) {
		b.replacement(30 * sec)
		b.line(5*sec, "web.1", observe.Exit)
		b.sees(20*sec, new42)
	}},
	"ledger-broken": {"the log shows an exit without its start", func(b *bench) {
		b.replacement(time.Hour)
		for d := 5 * sec; d < 8*sec; d += sec {
			b.line(d, "web.1", observe.Exit)
		}
		b.sees(20*sec, new42)
	}},
	"start-announced": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(6*sec, "web.1", observe.State, "up", "starting")
		b.sees(20*sec, new42)
	}},
	"start-missing": {"", func(b *bench) {
		b.logs(0, time.Hour)
		b.sees(5*sec, new42)
	}},
	"start-lost": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(6*sec, "web.1", observe.Sigterm)
		b.line(7*sec, "web.1", observe.Exit)
		b.sees(20*sec, new42)
	}},
	"exit-due": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.sees(20*sec, new42)
	}},
	"stopping": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(6*sec, "web.1", observe.Sigterm)
		b.sees(20*sec, new42)
	}},
	"exit-unattributed": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.sees(5*sec+sec/2, new42)
	}},
	"list-behind": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.line(5*sec, "web.1", observe.Exit)
		b.line(12*sec, "web.1", observe.State, "up", "down")
		b.sees(20*sec, new42)
	}},
	"crash-unconfirmed": {"", func(b *bench) {
		b.replacement(time.Hour)
		b.line(40*sec, "web.1", observe.Exit) // the SIGTERM is too long ago to have ended it
		b.sees(45*sec, new42)
	}},
}

func TestEveryDoubt(t *testing.T) {
	t.Parallel()
	for _, d := range rollout.Doubts {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			c, ok := doubtful[d.Name]
			if !ok {
				t.Fatal("it has no case")
			}
			if (c.words == "") == (d.Says == "") {
				t.Fatalf("it says %q, and the case %q", d.Says, c.words)
			}
			b := newBench(t, rollout.Config{})
			c.play(b)
			b.shut(d.Says + c.words)
			if p := b.core.Picture(); len(p.Types) != 1 || p.Types[0].HoldReason != d.Says+c.words {
				t.Errorf("%+v, want the reason %q", p.Types, d.Says+c.words)
			}
			if got, want := b.core.Doubts(), "web.1: "+d.Says+c.words; !slices.Equal(got, []string{want}) {
				t.Errorf("doubts %q, want %q", got, want)
			}
		})
	}
	if len(doubtful) != len(rollout.Doubts) {
		t.Errorf("%d cases for %d doubts", len(doubtful), len(rollout.Doubts))
	}
}

// What is proven or presumed is no doubt any more. A type has one of its own for what was never
// listed, unless a label of it has the same.
func TestDoubtsOfSeveral(t *testing.T) {
	t.Parallel()
	b := newBench(t, rollout.Config{})
	b.wants("web", 2, -99*time.Hour, -20*sec)
	b.wants("worker", 1, -99*time.Hour, -20*sec)
	b.wants("clock", 0, -99*time.Hour, -10*sec)
	b.replacement(30 * time.Second)
	b.line(5*sec, "web.1", observe.Exit)
	b.sees(20*sec, new42, dyno("web.2", 42, "up", 1*sec), dyno("worker.1", 41, "up", -time.Hour))
	const short = "the log's history does not reach back far enough"
	want := []string{"web.1: " + short, "web.2: " + short, "worker.1: an old dyno is listed", "clock: " + short, "worker: " + short}
	if got := b.core.Doubts(); !slices.Equal(got, want) {
		t.Errorf("at first the doubts are\n%q, want\n%q", got, want)
	}
	b.sees(200*sec, new42, dyno("web.2", 42, "up", 1*sec))
	if got, want := b.core.Doubts(), []string{"worker.1: " + rollout.ExitDue}; !slices.Equal(got, want) {
		t.Errorf("at last the doubts are\n%q, want\n%q", got, want)
	}
}

// The page lists the doubts in the order of the code, in its words.
func TestEveryDoubtIsOnThePage(t *testing.T) {
	t.Parallel()
	tables := rowsBelow(read(t, "../../docs/how-it-knows.md"), "| doubt | in the words of the gate | why it is one |")
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
	_, rest, _ := strings.Cut(read(t, "../../docs/how-it-knows.md"), "- No doubt is there but ")
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
