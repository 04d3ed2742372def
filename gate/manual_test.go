// What CONTRIBUTING.md says about packages, folders, targets of make, stories and cases
// is true and complete. "make golden" writes some of it.

package gate_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestContributingIsCurrent(t *testing.T) {
	t.Parallel()
	story, err := os.ReadFile("testdata/stories/exit-line-lost.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fooled, err := os.ReadFile("rollout/testdata/fooled/gap-before-the-exit.txt")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../CONTRIBUTING.md", func(old string) string {
		old = section(t, old, "packages", packageTable(t))
		old = section(t, old, "story", "```yaml\n"+string(story)+"```\n")
		old = section(t, old, "fooled", "```text\n"+string(fooled)+"```\n")
		return section(t, old, "targets", targetTable(t, readDocument("CONTRIBUTING.md", []byte(old))))
	})
}

// packageTable lists the packages, each with the first sentence of its comment and what it may import.
func packageTable(t *testing.T) string {
	t.Helper()
	all := packages(t)
	var b strings.Builder
	b.WriteString("| package | its job | may import |\n|---|---|---|\n")
	for _, name := range order(mayImport) {
		var may []string
		for _, other := range mayImport[name] {
			may = append(may, "`"+other+"`")
		}
		job := regexp.MustCompile(`^(Package|Command) [\w-]+ `).ReplaceAllString(all[name].Doc, "")
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, strings.TrimSuffix(job, "."), strings.Join(may, ", "))
	}
	return b.String()
}

func order(m map[string][]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// targetTable lists the targets as "make help" does. A person has to write how long each
// takes: a new target gets a question mark, with which the test fails.
func targetTable(t *testing.T, old *document) string {
	t.Helper()
	takes := map[string]string{}
	for _, row := range old.table(t, "target", "what it does", "takes about") {
		takes[row[0]] = row[2]
	}
	cmd := exec.Command("make", "--no-print-directory", "help")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make help: %v", err)
	}
	var b strings.Builder
	b.WriteString("| target | what it does | takes about |\n|---|---|---|\n")
	for line := range strings.Lines(string(out)) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		target := "`make " + name + "`"
		if takes[target] == "" || takes[target] == "?" {
			takes[target] = "?"
			t.Errorf("CONTRIBUTING.md does not say how long %s takes", target)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", target, strings.TrimSpace(what), takes[target])
	}
	return b.String()
}

// The table of further folders and files is right and complete.
func TestContributingNamesFolders(t *testing.T) {
	t.Parallel()
	doc := documents(t)["CONTRIBUTING.md"]
	var told []string
	for _, row := range doc.table(t, "beside them", "what it is") {
		name := strings.Trim(row[0], "`")
		told = append(told, name)
		if missing(t, name) {
			t.Errorf("CONTRIBUTING.md names %s, which is not there", name)
		}
	}
	for _, pattern := range []string{"../.ci/*", "../.github/workflows", "../docs", "testdata/*", "*/scenarios"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 && missing(t, strings.TrimPrefix(pattern, "../")) {
			t.Errorf("%s: nothing found, %v", pattern, err)
		}
		for _, path := range found {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			name, ours := strings.CutPrefix(filepath.ToSlash(path), "../")
			if !ours {
				name = "gate/" + name
			}
			// Folders and programs; but the findings of fuzz tests are where Go wants them.
			matters := info.IsDir() || info.Mode().Perm()&0o100 != 0
			if matters && filepath.Base(name) != "fuzz" && !slices.Contains(told, name) {
				t.Errorf("CONTRIBUTING.md does not say what %s is", name)
			}
		}
	}
}

// GitHub accepts the issue forms, and the form for wrong verdicts asks for the recording.
func TestIssueForms(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]string{"wrong-verdict": "recording", "feature": "need"} {
		data, err := os.ReadFile("../.github/ISSUE_TEMPLATE/" + name + ".yml")
		if err != nil {
			t.Fatal(err)
		}
		var form struct {
			Name, Description string
			Body              []struct {
				Type, ID   string
				Attributes struct {
					Label, Description string
					Options            []string
				}
				Validations struct{ Required bool }
			}
		}
		if err := yaml.UnmarshalWithOptions(data, &form, yaml.Strict()); err != nil {
			t.Fatal(err)
		}
		if form.Name == "" || form.Description == "" {
			t.Errorf("%s: the form has no name or description", name)
		}
		ids := map[string]bool{}
		for _, field := range form.Body {
			if ids[field.ID] || field.ID == "" || field.Attributes.Label == "" {
				t.Errorf("%s: field %q has no name of its own, or no label", name, field.ID)
			}
			ids[field.ID] = true
			if !slices.Contains([]string{"dropdown", "textarea", "input"}, field.Type) || (field.Type == "dropdown") != (len(field.Attributes.Options) > 0) {
				t.Errorf("%s: field %q has the type %q with %d options", name, field.ID, field.Type, len(field.Attributes.Options))
			}
		}
		if !ids[asked] {
			t.Errorf("%s: the form does not ask for %s", name, asked)
		}
	}
}
