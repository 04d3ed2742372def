// The recipes of the documents: the program accepts their inputs, the outputs that they read
// exist, the timeout of a job is longer than that of its gate, jobs have no more rights than
// they need, no two deploys run at the same time, and keys are only where they are needed.
// "make lint" writes them to a folder and runs actionlint on them: as a dependency of this
// module it would add 11 others.

package gate_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

var recipesTo = flag.String("recipes", "", "write the workflows of the documents to this `folder`, as those of a repository")

// ourAction is the name of the action in the documents, and ourBegin that of the action that begins the watch.
var (
	ourAction = sync.OnceValue(func() string { return ourRepository() + "@v1" })
	ourBegin  = sync.OnceValue(func() string { return ourRepository() + "/begin@v1" })
)

func ourRepository() string {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		panic(err)
	}
	return oneOwner(string(readme)) + "/heroku-rollout-gate"
}

type workflow struct {
	Permissions map[string]string
	Concurrency *struct {
		Group  string
		Cancel *bool `yaml:"cancel-in-progress"`
	}
	Env  map[string]string
	Jobs map[string]job
}

type job struct {
	Minutes int `yaml:"timeout-minutes"`
	Env     map[string]string
	Steps   []step
}

type step struct {
	ID, Uses, Run string
	With, Env     map[string]string
}

var (
	outputWritten = regexp.MustCompile(`([\w-]+)=.*>> "\$GITHUB_OUTPUT"`)
	outputUsed    = regexp.MustCompile(`steps\.([\w-]+)\.outputs\.([\w-]+)`)
	// Ways to deploy: a push, an action, a promotion.
	deployed    = regexp.MustCompile(`git push|heroku-deploy@|pipelines:promote`)
	pinnedMajor = regexp.MustCompile(`uses: ([\w./-]+)@[0-9a-f]{40} # (v\d+)\.`)
	expression  = regexp.MustCompile(`\$\{\{.*?\}\}|"\$\w+"`)
)

func TestRecipes(t *testing.T) {
	t.Parallel()
	if released(t) {
		t.Skip("a release is made without .github/workflows, by which the recipes are judged")
	}
	found := 0
	for _, b := range blocks(t, "yaml") {
		if !strings.HasPrefix(b.text, "on:") {
			continue // not a workflow of GitHub
		}
		found++
		checkRecipe(t, b)
		if *recipesTo != "" {
			writeRecipe(t, b)
		}
	}
	if found < 17 {
		t.Errorf("%d workflows found in the documents, there should be at least 17", found)
	}
}

func checkRecipe(t *testing.T, b block) {
	var w workflow
	if err := yaml.Unmarshal([]byte(b.text), &w); err != nil {
		t.Errorf("%s:%d: %v", b.file, b.line, err)
		return
	}
	r := &recipe{block: b, outputs: map[string][]string{}, rights: map[string]string{}, majors: ciMajors(t)}
	for name, job := range w.Jobs {
		checkKeys(t, b, w.Env, job)
		r.checkJob(t, name, job)
	}
	if w.Permissions == nil || !maps.Equal(w.Permissions, r.rights) {
		t.Errorf("%s:%d: the workflow's permissions are %v, it needs %v", b.file, b.line, w.Permissions, r.rights)
	}
	if c := w.Concurrency; r.deploys && (c == nil || c.Group == "" || c.Cancel == nil || *c.Cancel) {
		t.Errorf("%s:%d: the workflow deploys, and is not kept from running beside itself without being cancelled", b.file, b.line)
	}
	if r.gates == 0 {
		t.Errorf("%s:%d: the workflow has no gate", b.file, b.line)
	}
	for _, use := range outputUsed.FindAllStringSubmatch(b.text, -1) {
		if !slices.Contains(r.outputs[use[1]], use[2]) {
			t.Errorf("%s:%d: there is no output %s", b.file, b.line, use[0])
		}
	}
}

// A recipe is what the test has found in a workflow so far.
type recipe struct {
	block
	gates   int
	deploys bool
	outputs map[string][]string // of each step
	rights  map[string]string   // those that it needs
	majors  map[string]string   // of the actions that this repository uses
}

func (r *recipe) checkJob(t *testing.T, name string, job job) {
	t.Helper()
	watched := map[string]bool{} // apps with a watch before the deploy whose gate has not come yet
	for _, step := range job.Steps {
		r.deploys = r.deploys || deployed.MatchString(step.Run+step.Uses)
		action, version, _ := strings.Cut(step.Uses, "@")
		if action == "actions/checkout" {
			r.rights["contents"] = "read"
		}
		if major := r.majors[action]; major != "" && version != major {
			t.Errorf("%s:%d: it uses %q, and the workflows of this repository %s", r.file, r.line, step.Uses, major)
		}
		for _, m := range outputWritten.FindAllStringSubmatch(step.Run, -1) {
			r.outputs[step.ID] = append(r.outputs[step.ID], m[1])
		}
		switch {
		case step.Uses == ourBegin():
			watched[step.With["app"]] = true
			r.outputs[step.ID] = names(readBegin(t).Outputs)
			for input := range step.With {
				if !slices.Contains(names(readBegin(t).Inputs), input) {
					t.Errorf("%s:%d: begin has no input %s", r.file, r.line, input)
				}
			}
		case step.Uses == ourAction():
			r.gates++
			delete(watched, step.With["app"])
			r.outputs[step.ID] = report.OutputNames
			if timeout, limit := checkGate(t, r.block, step.With), time.Duration(job.Minutes)*time.Minute; limit <= timeout {
				t.Errorf("%s:%d: job %s lives for %s, its gate for %s", r.file, r.line, name, limit, timeout)
			}
		case strings.Contains(step.Uses, "rollout-gate"):
			t.Errorf("%s:%d: it uses %q, not %q", r.file, r.line, step.Uses, ourAction())
		}
	}
	if len(watched) > 0 {
		t.Errorf("%s:%d: job %s begins to watch, and has no gate for %v", r.file, r.line, name, watched)
	}
}

// checkGate fails if the program does not accept a step's inputs. It returns the timeout of the gate.
func checkGate(t *testing.T, b block, with map[string]string) time.Duration {
	t.Helper()
	var args []string
	timeout := 20 * time.Minute
	for key, value := range with {
		if key == "newer-than" {
			value = expression.ReplaceAllString(value, "122")
		}
		args = append(args, "--"+key+"="+value)
		if key == "timeout" {
			timeout, _ = time.ParseDuration(value)
		}
	}
	takes(t, b, args)
	return timeout
}

// ciMajors are the versions of actions that the workflows of this repository use.
func ciMajors(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	majors := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pinnedMajor.FindAllStringSubmatch(string(text), -1) {
			majors[m[1]] = m[2]
		}
	}
	return majors
}

// interrupted answers no request: the wait ends before it begins.
type interrupted struct{}

func (interrupted) RoundTrip(*http.Request) (*http.Response, error) { return nil, context.Canceled }

// takes fails if the program does not accept the arguments. Expressions and variables are
// replaced by sensible values.
func takes(t *testing.T, b block, args []string) {
	t.Helper()
	for i := range args {
		args[i] = expression.ReplaceAllString(args[i], "abcdef1") // an app, a commit, a key
		if strings.HasPrefix(args[i], "--record=") || i > 0 && args[i-1] == "--record" {
			name, _, _ := strings.Cut(args[i], "rollout.jsonl")
			args[i] = name + filepath.Join(t.TempDir(), "rollout.jsonl")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, log strings.Builder // two writers, since with --json two goroutines write to them
	command := gate.Command{
		Args: args, Stdout: &out, Stderr: &log, Transport: interrupted{},
		Getenv: func(name string) string { return map[string]string{"HEROKU_API_KEY": testKey}[name] },
	}
	waited := false
	command.Ended = func(rollout.Picture, rollout.Verdict) { waited = true }
	if command.Main(ctx); !waited {
		t.Errorf("%s:%d: the program does not take %q:\n%s%s", b.file, b.line, args, out.String(), log.String())
	}
}

// The command lines of the documents, by hand and in other CI systems.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	found := 0
	for _, b := range slices.Concat(blocks(t, "sh"), blocks(t, "bash"), blocks(t, "yaml")) {
		for line := range strings.Lines(b.text) {
			if strings.HasPrefix(line, "gh ") {
				continue // it names the image, and is not the program
			}
			line, _, _ = strings.Cut(line, " -- ") // without the deploy command
			line = strings.NewReplacer(`rollout-gate" --`, "rollout-gate --", `"$app"`, "my-app").Replace(strings.TrimSuffix(strings.TrimSpace(line), " -- \\"))
			if _, args, ok := strings.Cut(line, "rollout-gate --"); ok {
				found++
				takes(t, b, strings.Fields("--"+args))
			} else if _, args, ok := strings.Cut(line, "rollout-gate:v1 --"); ok {
				found++
				takes(t, b, strings.Fields("--"+args))
			}
		}
	}
	if found < 7 {
		t.Errorf("%d command lines found, there should be at least 7", found)
	}
}

// writeRecipe writes a workflow with the document's line numbers. It replaces the action by a
// local path, so that actionlint knows its inputs and outputs.
func writeRecipe(t *testing.T, b block) {
	t.Helper()
	dir := filepath.Join(*recipesTo, ".github", "workflows")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("\n", b.line-1) + strings.NewReplacer(ourAction(), "./", ourBegin(), "./begin").Replace(b.text)
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.yml", strings.ReplaceAll(strings.TrimSuffix(b.file, ".md"), "/", "-"), b.line)), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
