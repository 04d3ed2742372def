// The licences of the modules in the program are in one file, which each archive of a release and the image
// contain. "make golden" writes it from the modules themselves.

package gate_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const noticesFile = "../THIRD-PARTY-NOTICES.txt"

// licenceFile matches the names of a module's licence, and of files that belong to it.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\..*)?$`)

func TestThirdPartyNotices(t *testing.T) {
	t.Parallel()
	compare(t, noticesFile, func(string) string { return notices(t) })
}

// notices are the licences, each with the names of all modules that have it.
func notices(t *testing.T) string {
	t.Helper()
	named := map[string][]string{}
	for name, folder := range shippedModules(t) {
		text := licence(t, name, folder)
		named[text] = append(named[text], name)
		if name == "golang.org/x/sys" { // it comes with every Go
			named[text] = append(named[text], "the standard library of Go")
		}
	}
	var all []string
	for text, names := range named {
		slices.Sort(names)
		all = append(all, fmt.Sprintf("\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(names, "\n"), text))
	}
	slices.Sort(all)
	return "heroku-rollout-gate has the licence in the file LICENSE. Its program is also made of what follows.\n" +
		"Beside it, the image has the certificates that Mozilla publishes, as Alpine Linux packages them\n" +
		"(ca-certificates: Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/).\n" + strings.Join(all, "")
}

// licence is the text of the module's licence files.
func licence(t *testing.T, module, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	found := false
	for _, entry := range entries {
		if !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
		found = found || !strings.EqualFold(entry.Name(), "patents")
	}
	if !found {
		t.Errorf("%s has no licence", module)
	}
	return strings.Join(texts, "\n\n")
}

// shippedModules are the modules in the program on any system for which there is an archive, each with its
// folder.
func shippedModules(t *testing.T) map[string]string {
	t.Helper()
	folders := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "../cmd/rollout-gate")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if name, folder, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				folders[name] = folder
			}
		}
	}
	if len(folders) != 10 {
		t.Errorf("the program is made of %d modules: %v; SECURITY.md and CONTRIBUTING.md say ten", len(folders), slices.Sorted(maps.Keys(folders)))
	}
	return folders
}
