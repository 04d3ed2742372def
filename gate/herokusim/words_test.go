// The wording of the log: every line that the simulator prints was captured, and it can print every
// captured line, except those in the lists here.

package herokusim

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notModelled are beginnings of captured lines that no scenario prints;
// docs/simulator.md lists them, too.
var notModelled = []string{
	"app[api]: @ref:",
	"app[api]: Attach ",
	"app[api]: Build failed -- check your build logs",
	"app[api]: Enable Logplex",
	"app[api]: Initial release",
	"app[api]: Log session created",
	"app[api]: Remove ",
	"heroku[DYNO]: Awaiting client",
	"heroku[DYNO]: Error R14",
	"heroku[DYNO]: Process running mem=",
	"heroku[DYNO]: Starting process with command npm", // without the backticks
	"heroku[DYNO]: Starting process with command node",
	"heroku[DYNO]: State changed from stopping to down",
	"app[api]: bundle exec rake db:migrate", // the second line of a command
}

// notCaptured are beginnings of printed lines that are in no capture of 2018 or later.
var notCaptured = []string{
	"heroku[DYNO]: Error R15 (Memory quota vastly exceeded)", // from Heroku's list of errors
}

var (
	anyDyno  = regexp.MustCompile(`^heroku\[[\w-]+\.(\d+|N)\]`)
	scaled   = regexp.MustCompile(`Scaled to (\S+@N:SIZE ?)+`)
	deployed = regexp.MustCompile(`Deployed \S+ \(IMAGE\)`)
	r10      = regexp.MustCompile(`to \$PORT within \d+`)
	remark   = regexp.MustCompile(`(  .*| \([\w.-]+/[^)]*\))$`) // at the end of lines in the facts
)

// wording is a shape without its clock, its label and its process types.
func wording(shape string) string {
	_, line, _ := strings.Cut(shape, " ")
	line = anyDyno.ReplaceAllString(line, "heroku[DYNO]")
	line = scaled.ReplaceAllString(line, "Scaled to TYPES ")
	line = deployed.ReplaceAllString(line, "Deployed TYPE (IMAGE)")
	return r10.ReplaceAllString(line, "to $$PORT within N")
}

func listed(list []string, w string) bool {
	return slices.ContainsFunc(list, func(start string) bool { return strings.HasPrefix(w, start) })
}

// modern lists the wordings of all captures of 2018 and later, and of the facts.
func modern(t *testing.T) map[string]string {
	t.Helper()
	needShared(t)
	var files []string
	for _, pattern := range []string{"captures/*.log", "captures/extra/*.log", "heroku-facts.md"} {
		some, _ := filepath.Glob(shared + "/" + pattern)
		files = append(files, some...)
	}
	if len(files) < 200 {
		t.Fatalf("only %d captured logs", len(files))
	}
	found := map[string]string{}
	for _, file := range files {
		for _, line := range readLines(t, file) {
			if s, ok := shapeOf(line); ok && s.at >= "2018" {
				found[wording(s.shape)] = filepath.Base(file)
			}
		}
	}
	return found
}

// everyWording lists the wordings of all scenarios.
func everyWording(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	add := func(name string, sc *Scenario) {
		for _, l := range tellScenario(t, sc).Lines {
			if s, ok := shapeOf(l.String()); ok {
				found[wording(s.shape)] = name
			}
		}
	}
	for _, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		add(name, sc)
	}
	for name, c := range capturedCases {
		sc, err := Parse(name, []byte(c.scenario))
		if err != nil {
			t.Fatal(err)
		}
		add(name, sc)
	}
	stories, _ := filepath.Glob("../testdata/stories/*.yaml")
	if len(stories) < 50 {
		t.Fatalf("only %d stories", len(stories))
	}
	for _, file := range stories {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n---\n")
		if strings.HasPrefix(first, "scenario: ") {
			continue
		}
		sc, err := Parse(file, []byte(first))
		if err != nil {
			t.Fatal(err)
		}
		add(filepath.Base(file), sc)
	}
	return found
}

func TestWordingIsAsCaptured(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long, and nothing runs beside it")
	}
	captured, printed := modern(t), everyWording(t)
	for _, w := range slices.Sorted(maps.Keys(printed)) {
		if captured[w] == "" && !listed(notCaptured, w) {
			t.Errorf("printed in %s, and never captured: %s", printed[w], w)
		}
	}
	for _, w := range slices.Sorted(maps.Keys(captured)) {
		if printed[w] == "" && !listed(notModelled, w) {
			t.Errorf("captured in %s, and never printed: %s", captured[w], w)
		}
	}
	// The lists have no entry that is not needed.
	for _, start := range notModelled {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(captured)), func(w string) bool { return strings.HasPrefix(w, start) }) {
			t.Errorf("%q is captured nowhere", start)
		}
	}
	for _, start := range notCaptured {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(printed)), func(w string) bool { return strings.HasPrefix(w, start) }) {
			t.Errorf("%q is printed nowhere", start)
		}
	}
	t.Logf("%d wordings printed, %d captured", len(printed), len(captured))
}
