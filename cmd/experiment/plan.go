// Plans: what the experiment does on Heroku, in files that a person can read.

package main

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

// A Plan is an app, and what happens to it from its second deploy on.
type Plan struct {
	Name    string `yaml:"-"`     // of its file
	About   string `yaml:"about"` // what happens
	Asks    string `yaml:"asks"`  // which questions it can settle
	Preboot bool   `yaml:"preboot,omitempty"`
	Metrics bool   `yaml:"metrics,omitempty"` // the feature log-runtime-metrics
	// Stop is how long a process goes on after SIGTERM. Heroku kills it after 30 s.
	Stop time.Duration `yaml:"stop,omitempty"`
	// Lines is how many lines a second all dynos together print only to be busy.
	Lines int `yaml:"lines,omitempty"`
	// Crashes: from code 2 on each process ends soon after its start.
	Crashes bool `yaml:"crashes,omitempty"`
	// ReleasePhase is empty for none, "succeeds", or "fails": from code 2 on.
	ReleasePhase string `yaml:"release-phase,omitempty"`
	// Size is Heroku's dyno type. Empty: standard-1x, the smallest one that has preboot.
	Size  string         `yaml:"size,omitempty"`
	Types map[string]int `yaml:"types"`
	// Gate has inputs of both gates, beside the app, as in "on-supersede: follow".
	Gate map[string]string `yaml:"gate,omitempty"`
	// Then is what happens after the deploy. Times count from the answer that has its release.
	Then []Action `yaml:"then,omitempty"`
	// Simulated is how the simulated Heroku treats the dynos of each type. The real Heroku ignores it.
	Simulated map[string]herokusim.Type `yaml:"simulated,omitempty"`
}

// An Action is one thing that is done to the app. It has exactly one of the fields after At.
type Action struct {
	At      time.Duration  `yaml:"at"`
	Restart string         `yaml:"restart,omitempty"` // a label, or "all"
	Scale   map[string]int `yaml:"scale,omitempty"`
	Deploy  bool           `yaml:"deploy,omitempty"` // the next version of the code
}

func (a Action) String() string {
	switch {
	case a.Restart != "":
		return "restart " + a.Restart
	case a.Deploy:
		return "deploy"
	}
	var all []string
	for _, t := range slices.Sorted(maps.Keys(a.Scale)) {
		all = append(all, fmt.Sprintf("%s to %d", t, a.Scale[t]))
	}
	return "scale " + strings.Join(all, ", ")
}

//go:embed plans/*.yaml
var embeddedPlans embed.FS

// planNames lists the plans that come with the program.
func planNames() (names []string) {
	files, _ := embeddedPlans.ReadDir("plans") // it is there
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file.Name(), ".yaml"))
	}
	return names
}

// loadPlan reads the plan of a name, or the file at a path.
func loadPlan(name string) (*Plan, error) {
	if data, err := embeddedPlans.ReadFile("plans/" + name + ".yaml"); err == nil {
		return parsePlan(name, data)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no plan and no file %q: give a file, or one of %s", name, strings.Join(planNames(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	return parsePlan(strings.TrimSuffix(filepath.Base(name), ".yaml"), data)
}

func parsePlan(name string, data []byte) (*Plan, error) {
	p := Plan{Name: name}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("plan %q: %s", name, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	p.About, p.Asks = oneLine(p.About), oneLine(p.Asks)
	p.Size = cmp.Or(p.Size, "standard-1x")
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plan %q: %w", name, err)
	}
	return &p, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// The limits of a plan: it costs money, and a mistyped figure must not cost much.
const (
	maxDynos   = 20
	maxLines   = 2000
	lastAction = 15 * time.Minute
)

// ownInputs are the inputs that the experiment itself gives to the gates.
var ownInputs = []string{"app", "api-key", "api-url", "record", "observe-only"}

var (
	typeName = regexp.MustCompile(`^[a-z]{1,20}$`)
	digits   = regexp.MustCompile(`^[1-9][0-9]?$`)
)

// check is an error if the plan cannot be run.
func (p *Plan) check() error {
	switch {
	case p.About == "" || p.Asks == "":
		return errors.New(`"about" and "asks" are needed: say what happens, and what it can settle`)
	case p.Types["web"] < 1:
		return errors.New(`there is no web dyno: write "types: {web: 1}"`)
	case p.Stop < 0 || p.Stop > time.Minute:
		return fmt.Errorf("stop is %s: give a time from 0s to 1m", p.Stop)
	case p.Lines < 0 || p.Lines > maxLines:
		return fmt.Errorf("lines is %d: give a number from 0 to %d, of lines a second", p.Lines, maxLines)
	case !slices.Contains([]string{"", "succeeds", "fails"}, p.ReleasePhase):
		return fmt.Errorf(`release-phase is %q: give "succeeds" or "fails", or leave it out`, p.ReleasePhase)
	case prices[p.Size] == 0:
		return fmt.Errorf("size is %q: give one of %s", p.Size, strings.Join(slices.Sorted(maps.Keys(prices)), ", "))
	}
	for t, n := range p.Types {
		if n < 0 {
			return fmt.Errorf("there are %d dynos of type %s: give a number that is not below 0", n, t)
		}
		if !typeName.MatchString(t) || t == "release" {
			return fmt.Errorf("a process type is called %q: give a name of small letters, as in web or worker", t)
		}
	}
	for input := range p.Gate {
		known := slices.ContainsFunc(gate.Inputs, func(in gate.Input) bool { return in.Name == input })
		if !known || slices.Contains(ownInputs, input) {
			return fmt.Errorf("gate has %q: give inputs of the gate, but for %s", input, strings.Join(ownInputs, ", "))
		}
	}
	last := time.Duration(0)
	for i, a := range p.Then {
		if err := p.checkAction(a, last); err != nil {
			return fmt.Errorf("action %d: %w", i+1, err)
		}
		last = a.At
	}
	if n := p.dynos(); n > maxDynos {
		return fmt.Errorf("it has %d dynos at once: an experiment has %d at most", n, maxDynos)
	}
	if d := p.expected(); d > longest {
		return fmt.Errorf("it takes about %.0f minutes: an experiment ends after %.0f; take fewer dynos, or earlier actions", d.Minutes(), longest.Minutes())
	}
	return nil
}

func (p *Plan) checkAction(a Action, last time.Duration) error {
	words := 0
	for _, is := range []bool{a.Restart != "", a.Scale != nil, a.Deploy} {
		if is {
			words++
		}
	}
	switch {
	case words != 1:
		return errors.New(`it has to have one of "restart", "scale" and "deploy"`)
	case a.At < last || a.At > lastAction:
		return fmt.Errorf("at is %s: give a time from that of the action before it to %s", a.At, lastAction)
	}
	typ, number, labelled := strings.Cut(a.Restart, ".")
	if _, known := p.Types[typ]; a.Restart != "" && a.Restart != "all" && (!labelled || !known || !digits.MatchString(number)) {
		return fmt.Errorf("it restarts %q: give a label such as web.1, or all", a.Restart)
	}
	for t, n := range a.Scale {
		if _, known := p.Types[t]; !known || n < 0 {
			return fmt.Errorf("it scales %q to %d: the plan has the types %s", t, n, strings.Join(slices.Sorted(maps.Keys(p.Types)), ", "))
		}
	}
	return nil
}

// dynos is how many dynos the formation has at most.
func (p *Plan) dynos() int {
	now, most := maps.Clone(p.Types), 0
	for _, a := range append([]Action{{}}, p.Then...) {
		maps.Copy(now, a.Scale)
		most = max(most, sum(now))
	}
	return most
}

func sum(types map[string]int) (n int) {
	for _, dynos := range types {
		n += dynos
	}
	return n
}

// prices are US dollars a month for a dyno; Heroku charges each second of it ("Usage & Billing", Dev
// Center, February 2023; "Information on Heroku's pricing and usage", Heroku Help).
var prices = map[string]float64{
	"basic": 7, "standard-1x": 25, "standard-2x": 50, "performance-m": 250, "performance-l": 500,
}

// month is what a monthly price is divided by.
const month = 30 * 24 * time.Hour

// quiet is how long nothing happens before the deploy. It is a little longer than the gates' hold on what came before,
// the scaling (docs/how-it-knows.md has this hold). It is as long without preboot: nobody can know how the feature was
// set before the app was made.
func (p *Plan) quiet() time.Duration {
	return 330*time.Second + time.Duration(p.Types["web"])*12*time.Second + 15*time.Second
}

// expected is roughly how long a plan takes on the real Heroku: two builds and boots, the quiet time before the deploy,
// and the time after it, in which the later gate may have to wait for the whole hold.
func (p *Plan) expected() time.Duration {
	d := 5*time.Minute + 2*p.quiet()
	if n := len(p.Then); n > 0 {
		d += p.Then[n-1].At
	}
	return d.Round(time.Minute)
}

// cost is what a plan costs if it takes this long. With preboot it counts old and new dynos side by side all the time,
// though they are for some of it: the plan costs rather less.
func (p *Plan) cost(takes time.Duration) float64 {
	dynos := float64(p.dynos())
	if p.Preboot {
		dynos *= 2
	}
	return dynos * prices[p.Size] * float64(takes) / float64(month)
}

// dollars is a cost as people write it.
func dollars(d float64) string {
	if d < 0.01 {
		return "less than 1 US cent"
	}
	return fmt.Sprintf("about %.2f US dollars", d)
}

// describe says what a plan does, and what that makes on Heroku.
func (p *Plan) describe() string {
	var made []string
	for _, t := range slices.Sorted(maps.Keys(p.Types)) {
		made = append(made, fmt.Sprintf("%d %s", p.Types[t], t))
	}
	features := map[bool]string{true: ", with preboot"}[p.Preboot] + map[bool]string{true: ", with log-runtime-metrics"}[p.Metrics]
	return fmt.Sprintf("%s: %s\n  It asks %s.\n  Dynos: %s, of size %s, at most %d at once%s.\n  On the real Heroku: about %.0f minutes, %s.\n\n",
		p.Name, p.About, p.Asks, strings.Join(made, " and "), p.Size, p.dynos(), features, p.expected().Minutes(), dollars(p.cost(p.expected())))
}

// preview says what the plans make, for how long, and what that costs.
func preview(plans []*Plan, keep bool) string {
	end := "Each app is deleted at the end of its plan, also after a failure and Ctrl-C."
	if keep {
		end = "Each app stays (--keep), and costs money until you delete it."
	}
	var b strings.Builder
	var takes time.Duration
	var cost, most float64
	for _, p := range plans {
		b.WriteString(p.describe())
		takes, cost, most = takes+p.expected(), cost+p.cost(p.expected()), most+p.cost(longest)
	}
	fmt.Fprintf(&b, `On your account with Heroku each plan makes one app, with a name such as %s1f2e3d4c5b6a79.
With preboot twice as many dynos run for some minutes.
Plans: %d. All together it takes about %.0f minutes, at the most %.0f, and costs %s, at the most %.2f (list prices by the second).
It touches no other app. %s
`, namePrefix, len(plans), takes.Minutes(), float64(len(plans))*longest.Minutes(), dollars(cost), most, end)
	return b.String()
}
