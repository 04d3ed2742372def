// Tests that hold docs/how-it-knows.md against the core: the worked examples, every figure, and the words of
// the diagram of states.

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

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tableRows are the rows of each table of the text that has the given head.
func tableRows(text, head string) (tables [][][]string) {
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
			if i > 0 { // the first line is the ruler
				rows = append(rows, cells)
			}
		}
		tables = append(tables, rows)
	}
	return tables
}

// The numbers behind each line of the worked examples are those that the core has after that line.
func TestWorkedExample(t *testing.T) {
	t.Parallel()
	tables := tableRows(readFile(t, "../../docs/how-it-knows.md"), "| the log | alive | hidden | what it means |")
	if len(tables) != 2 {
		t.Fatalf("%d worked examples, want 2", len(tables))
	}
	for i, rows := range tables {
		e := newExample(t)
		for _, row := range rows {
			e.apply(t, strings.Trim(row[0], "`"))
			alive, hidden := rollout.AliveBy(e.r, "web.1"), e.r.Picture().Dynos[0].Hidden
			if got := fmt.Sprintf("%d | %d", alive, hidden); got != row[1]+" | "+row[2] {
				t.Errorf("example %d, after %s: the core has %s, and the page says %s | %s", i+1, row[0], got, row[1], row[2])
			}
		}
		// The first example ends with proof. The second does not.
		if basis := e.r.Picture().Dynos[0].Basis; (basis == rollout.Proven) != (i == 0) {
			t.Errorf("example %d ends with the basis %q", i+1, basis)
		}
	}
}

// An example is an app with one web dyno, whose log reaches back an hour.
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

// apply is one row: a line of the log that arrives when it is written, or only its time, at which no line comes.
func (e *example) apply(t *testing.T, row string) {
	t.Helper()
	clock, text, isLine := strings.Cut(row, " ")
	now, err := time.Parse("15:04:05.00", clock)
	if err != nil {
		t.Fatal(err)
	}
	at := now.Sub(time.Date(0, 1, 1, 10, 0, 0, 0, time.UTC))
	if isLine {
		e.r.Apply(observe.Observation{At: at, Line: parsed(t, "2026-03-02T"+clock+"+00:00 "+text)})
	}
	e.r.Apply(observe.Observation{At: at})
}

func parsed(t *testing.T, text string) *observe.Line {
	t.Helper()
	l, ok := logtail.Parse([]byte(text))
	if !ok {
		t.Fatalf("%q is not a line of the platform that counts", text)
	}
	return &l
}

// The page has the figures of the code, and its rule uses them.
func TestFigures(t *testing.T) {
	t.Parallel()
	page := readFile(t, "../../docs/how-it-knows.md")
	tables := tableRows(page, "| figure | in the code | source |")
	if len(tables) != 1 {
		t.Fatal("there is no table of figures")
	}
	onPage := map[string]bool{}
	for _, row := range tables[0] {
		name := strings.Trim(row[1], "`")
		onPage[name] = true
		figure, err := time.ParseDuration(row[0])
		if want, ok := rollout.Figures[name]; err != nil || !ok || figure != want {
			t.Errorf("%s is %s in the code, and %s on the page (%v)", name, want, row[0], err)
		}
	}
	for name := range rollout.Figures {
		if !onPage[name] {
			t.Errorf("the page does not say where %s comes from", name)
		}
	}
	// The rule of the page, in words.
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

// Each constant of these files is among the figures.
func TestEveryLimitIsAFigure(t *testing.T) {
	t.Parallel()
	constant := regexp.MustCompile(`(?m)^\t(\w+) = .*time\.(?:Second|Minute|Millisecond)$`)
	for file, least := range map[string]int{"limits.go": 6, "../ledger/exits.go": 4} {
		found := constant.FindAllStringSubmatch(readFile(t, file), -1)
		if len(found) < least {
			t.Errorf("only %d constants found in %s", len(found), file)
		}
		for _, m := range found {
			if _, ok := rollout.Figures[m[1]]; !ok && m[1] != "rightAfter" {
				t.Errorf("%s of %s is not among the figures", m[1], file)
			}
		}
	}
}

// The diagram of states uses the words of the code. "make diagrams" checks that Mermaid can read it.
func TestDiagramOfStates(t *testing.T) {
	t.Parallel()
	page := readFile(t, "../../docs/how-it-knows.md")
	_, rest, _ := strings.Cut(page, "```mermaid\nstateDiagram-v2\n")
	picture, _, ok := strings.Cut(rest, "\n```")
	if !ok {
		t.Fatal("there is no diagram of the states")
	}
	code := []string{string(rollout.Proven), string(rollout.Presumed), string(rollout.Passed), string(rollout.TimedOut)}
	fields := readFile(t, "judge.go") // listed and hidden are fields of a judgement
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
			t.Errorf("%q is not an arrow between two states", line)
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
				t.Errorf("the diagram has a state %q, and the code does not", state)
			}
		}
	}
	for _, state := range code {
		if !drawn[state] {
			t.Errorf("the diagram does not show %q", state)
		}
	}
	// The table of the states of the log.
	var states []string
	for _, rows := range tableRows(page, "| state of the log | it means |") {
		for _, row := range rows {
			states = append(states, strings.Trim(row[0], "`"))
		}
	}
	if want := []string{string(observe.Flowing), string(observe.Broken), string(observe.Gapped), string(observe.Refused)}; !slices.Equal(states, want) {
		t.Errorf("the states of the log are %q, the page has %q", want, states)
	}
}
