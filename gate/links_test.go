// The links of the documents lead somewhere: to files, anchors, and files that are named in
// running text. For addresses on the web only the form is checked: a test must not depend on
// other people's servers.

package gate_test

import (
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/reference.md", "docs/recipes.md", "docs/troubleshooting.md", "docs/other-ci.md",
		"docs/how-it-knows.md", "docs/comparison.md", "docs/simulator.md"} {
		if all[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	for _, doc := range all {
		for _, l := range doc.links {
			if why := leadsNowhere(all, doc, l.to); why != "" {
				t.Errorf("%s:%d: the link %q: %s", doc.path, l.line, l.to, why)
			}
		}
	}
}

// leadsNowhere says what is wrong with a link of a document; empty if it is right.
func leadsNowhere(all map[string]*document, doc *document, to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return err.Error()
	case u.IsAbs():
		if u.Scheme != "https" || !strings.Contains(u.Host, ".") {
			return "it is not of the form https://host/path"
		}
		return ""
	case u.Host != "" || strings.HasPrefix(u.Path, "/"):
		return "it does not begin at the document's own folder"
	}
	target := doc
	if u.Path != "" {
		name := path.Join(path.Dir(doc.path), u.Path)
		if strings.HasPrefix(name, "../") {
			// A page of GitHub outside of the files, such as ../../security/advisories/new.
			if strings.HasPrefix(name, "../../security/") || strings.HasPrefix(name, "../../issues") {
				return ""
			}
			return "it leads out of the repository"
		}
		if _, err := os.Stat(path.Join("..", name)); err != nil {
			return "there is no such file"
		}
		target = all[name]
	}
	if u.Fragment != "" && (target == nil || !target.anchors[u.Fragment]) {
		return "there is no such heading"
	}
	return ""
}

func TestLeadsNowhere(t *testing.T) {
	t.Parallel()
	all := map[string]*document{
		"README.md": readDocument("README.md", []byte("# One\n\n## Two words, one dash - here\n")),
		"docs/x.md": readDocument("docs/x.md", []byte("# X\n")),
	}
	for to, good := range map[string]bool{
		"#one": true, "#two-words-one-dash---here": true, "action.yml": true, "gate/": true, "https://example.com/a#b": true,
		"../../security/advisories/new": true,
		"#three":                        false, "nothing.md": false, "http://example.com": false, "https:///x": false, "../other": false, "/README.md": false,
		"action.yml#one": false, "docs/x.md#one": false,
	} {
		if why := leadsNowhere(all, all["README.md"], to); (why == "") != good {
			t.Errorf("%s: %q", to, why)
		}
	}
	if why := leadsNowhere(all, all["docs/x.md"], "../README.md#one"); why != "" {
		t.Error(why)
	}
}

// fileName is a path as the documents write it in running text.
var fileName = regexp.MustCompile(`^(?:(?:gate|cmd|docs|\.ci|\.github)/[\w./-]*|[\w-]+\.(?:md|yml|mod)|Makefile|Dockerfile)$`)

// Files that are named in running text exist.
func TestFilesNamedInTextExist(t *testing.T) {
	t.Parallel()
	named := 0
	for _, doc := range documents(t) {
		for _, code := range doc.code {
			if !fileName.MatchString(code) {
				continue
			}
			named++
			if missing(t, code) {
				t.Errorf("%s names %s, which is not there", doc.path, code)
			}
		}
	}
	if named < 10 {
		t.Errorf("%d files are named, there should be at least 10", named)
	}
}
