// What the documents say of the core, held against it: the worked example of the books,
// every figure, and the words of the picture of the states.

package rollout_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/logtail"
	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// rowsBelow are the rows of every table of the text with the head, table by table.
func rowsBelow(text, head string) (tables [][][]string) {
	for _, rest := range strings.Split(text, "\n"+head+"\n")[1:] {
		var rows [][]string
		for i, line := range strings.Split(rest, "\n") {
			if !strings.HasPrefix(line, "|") {
				break
			}
			var cells []string
			for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			if i > 0 { // the first one is the ruler
				rows = append(rows, cells)
			}
		}
		tables = append(tables, rows)
	}
	return tables
}

// The worked example: the numbers behind each line are those of the core.
func TestWorkedExample(t *testing.T) {
	t.Parallel()
	tables := rowsBelow(read(t, "../../docs/how-it-knows.md"), "| the log | alive | hidden | what it means |")
	if len(tables) != 2 {
		t.Fatalf("%d worked examples, want 2", len(tables))
	}
	for i, rows := range tables {
		e := newExample(t)
		for _, row := range rows {
			e.line(t, strings.Trim(row[0], "`"))
			alive, hidden := rollout.AliveBy(e.r, "web.1"), e.r.Picture().Dynos[0].Hidden
			if got := fmt.Sprintf("%d | %d", alive, hidden); got != row[1]+" | "+row[2] {
				t.Errorf("example %d, behind %s: %s, and the page says %s | %s", i+1, row[0], got, row[1], row[2])
			}
		}
		// The first one ends with proof, the second one is not sure of it yet.
		if basis := e.r.Picture().Dynos[0].Basis; (basis == rollout.Proven) != (i == 0) {
			t.Errorf("example %d ends with the basis %q", i+1, basis)
		}
	}
}

// example is one web dyno whose log was read from long before.
type example struct {
	r     *rollout.Rollout
	begin time.Time
}

func newExample(t *testing.T) *example {
	t.Helper()
	e := &example{rollout.New(rollout.Config{UseLog: true}), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	hourAgo := e.begin.Add(-time.Hour)
	releases := []observe.Release{
		{ID: "r41", Version: 41, Status: "succeeded", SlugID: "a", CreatedAt: hourAgo, UpdatedAt: hourAgo},
		{ID: "r42", Version: 42, Status: "succeeded", Current: true, SlugID: "b", CreatedAt: e.begin, UpdatedAt: e.begin},
	}
	dyno := observe.Dyno{ID: "d", Name: "web.1", Type: "web", State: "starting", Version: 42, CreatedAt: e.begin, UpdatedAt: e.begin}
	for _, o := range []observe.Observation{
		{App: &observe.App{ID: "a", Name: "my-app"}},
		{Preboot: &observe.Preboot{Known: true}},
		{Log: &observe.LogStatus{State: observe.Flowing, Since: hourAgo.Add(-time.Minute)}},
		{Line: parsed(t, hourAgo.Format(time.RFC3339)+" heroku[web.1]: Starting process with command ...")},
		{Line: parsed(t, hourAgo.Add(time.Second).Format(time.RFC3339)+" heroku[web.1]: State changed from starting to up")},
		{Look: &observe.Look{Dynos: []observe.Dyno{dyno}, Formation: []observe.Formation{{Type: "web", Quantity: 1, CreatedAt: hourAgo, UpdatedAt: hourAgo}}, Releases: releases}},
	} {
		o.Date = e.begin
		e.r.Apply(o)
	}
	return e
}

// line is a line of the log that arrives at its stamp.
func (e *example) line(t *testing.T, text string) {
	t.Helper()
	clock, rest, _ := strings.Cut(text, " ")
	l := parsed(t, "2026-03-02T"+clock+"+00:00 "+rest)
	at := l.Stamp.Sub(e.begin)
	e.r.Apply(observe.Observation{At: at, Line: l})
	e.r.Apply(observe.Observation{At: at})
}

func parsed(t *testing.T, text string) *observe.Line {
	t.Helper()
	l, ok := logtail.Parse([]byte(text))
	if !ok {
		t.Fatalf("%q is no line of the platform that counts", text)
	}
	return &l
}

func TestFigures(t *testing.T) {
	t.Parallel()
	page := read(t, "../../docs/how-it-knows.md")
	tables := rowsBelow(page, "| figure | in the code | source |")
	if len(tables) != 1 {
		t.Fatal("there is no table of figures")
	}
	told := map[string]bool{}
	for _, row := range tables[0] {
		name := strings.Trim(row[1], "`")
		told[name] = true
		figure, err := time.ParseDuration(row[0])
		if want, ok := rollout.Figures[name]; err != nil || !ok || figure != want {
			t.Errorf("%s is %s in the code, and %s on the page (%v)", name, want, row[0], err)
		}
	}
	for name := range rollout.Figures {
		if !told[name] {
			t.Errorf("the page does not tell where %s comes from", name)
		}
	}
	// The rule in words.
	apart := rollout.Figures["prebootTraffic"] + rollout.Figures["prebootDelay"] + rollout.Figures["KillAfter"]
	for _, words := range []string{
		fmt.Sprintf("| boot timeout + %d min %d s + %d s for each web dyno", int(apart.Minutes()), int(apart.Seconds())%60, int(rollout.Figures["prebootPerDyno"].Seconds())),
		fmt.Sprintf("| Common Runtime, anything else | %d s", int(rollout.Figures["replaceHold"].Seconds())),
		fmt.Sprintf("| Private Spaces and Fir | %d s", int(rollout.Figures["rollingHold"].Seconds())),
	} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

// The constants of these files are all among the figures.
func TestEveryLimitIsAFigure(t *testing.T) {
	t.Parallel()
	constant := regexp.MustCompile(`(?m)^\t(\w+) = .*time\.(?:Second|Minute|Millisecond)$`)
	for file, least := range map[string]int{"limits.go": 6, "../ledger/exits.go": 4} {
		found := constant.FindAllStringSubmatch(read(t, file), -1)
		if len(found) < least {
			t.Errorf("only %d constants found in %s", len(found), file)
		}
		for _, m := range found {
			if _, ok := rollout.Figures[m[1]]; !ok && m[1] != "atOnce" {
				t.Errorf("%s of %s is not among the figures", m[1], file)
			}
		}
	}
}

// The picture of the states speaks the words of the code. That Mermaid reads it is
// checked by "make diagrams".
func TestPictureOfStates(t *testing.T) {
	t.Parallel()
	page := read(t, "../../docs/how-it-knows.md")
	_, rest, _ := strings.Cut(page, "```mermaid\nstateDiagram-v2\n")
	picture, _, ok := strings.Cut(rest, "\n```")
	if !ok {
		t.Fatal("there is no picture of the states")
	}
	code := []string{string(rollout.Proven), string(rollout.Presumed), string(rollout.Passed), string(rollout.TimedOut)}
	fields := read(t, "judge.go") // listed and hidden are fields of a judgement
	for _, name := range []string{"listed", "hidden"} {
		if !regexp.MustCompile(`(?m)^\t` + name + ` +int`).MatchString(fields) {
			t.Errorf("a judgement has no field %s", name)
		}
		code = append(code, name)
	}
	drawn := map[string]bool{}
	long := regexp.MustCompile(`^    state "([\w-]+)" as (\w+)$`)
	arrow := regexp.MustCompile(`^    (\[\*\]|\w+) --> (\[\*\]|\w+)(?: : [^:;]+)?$`)
	names := map[string]string{}
	for _, line := range strings.Split(picture, "\n") {
		if m := long.FindStringSubmatch(line); m != nil {
			names[m[2]] = m[1]
			continue
		}
		m := arrow.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("%q is no arrow between two states", line)
			continue
		}
		for _, state := range m[1:] {
			if full, ok := names[state]; ok {
				state = full
			}
			if state != "[*]" {
				drawn[state] = true
			}
			if state != "[*]" && !slices.Contains(code, state) {
				t.Errorf("the picture has a state %q, which the code does not", state)
			}
		}
	}
	for _, state := range code {
		if !drawn[state] {
			t.Errorf("the picture does not show %q", state)
		}
	}
	// And the table of the log's states.
	var states []string
	for _, rows := range rowsBelow(page, "| state of the log | it means |") {
		for _, row := range rows {
			states = append(states, strings.Trim(row[0], "`"))
		}
	}
	if want := []string{string(observe.Flowing), string(observe.Broken), string(observe.Gapped), string(observe.Refused)}; !slices.Equal(states, want) {
		t.Errorf("the states of the log are %q, the page has %q", want, states)
	}
}
