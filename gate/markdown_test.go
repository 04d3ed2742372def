// The documents, read as GitHub reads them: which there are, and what is in them.

package gate_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// A document is one Markdown file of the repository.
type document struct {
	path    string // below the top of the repository
	text    string
	blocks  []block
	links   []link
	tables  [][][]string    // rows of cells, each as in the file
	anchors map[string]bool // the targets of links
	code    []string        // the text between backquotes in running text
}

// A block is a fenced block.
type block struct {
	file     string
	line     int // of its first line
	language string
	text     string
	note     string // the HTML comment right before it
}

type link struct {
	to   string
	line int // where its paragraph begins
}

// documents are all Markdown files of the repository for people.
func documents(t *testing.T) map[string]*document {
	t.Helper()
	found := map[string]*document{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		switch d.Name() {
		case ".git", "node_modules", "testdata", ".build":
			if d.IsDir() { // in a worktree, .git is a file
				return filepath.SkipDir
			}
		}
		if !d.IsDir() && strings.HasSuffix(name, ".md") {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found[name] = readDocument(name, data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func readDocument(path string, data []byte) *document {
	doc := &document{path: path, text: string(data), anchors: map[string]bool{}}
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(data))
	lineOf := func(n ast.Node) int {
		for ; n != nil; n = n.Parent() {
			if n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
				return 1 + bytes.Count(data[:n.Lines().At(0).Start], []byte("\n"))
			}
		}
		return 0
	}
	seen := map[string]int{}
	rest := "" // a comment for the rest of the file
	ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.HTMLBlock:
			if why, ok := strings.CutPrefix(note(n, data), "not run from here on: "); ok {
				rest = "not run: " + why
			}
		case *ast.FencedCodeBlock:
			b := block{file: path, line: lineOf(n), language: string(n.Language(data)), text: string(n.Lines().Value(data)), note: rest}
			if html, ok := n.PreviousSibling().(*ast.HTMLBlock); ok && rest == "" {
				b.note = note(html, data)
			}
			doc.blocks = append(doc.blocks, b)
		case *ast.Heading:
			slug := slugOf(plain(n, data))
			if k := seen[slug]; k > 0 {
				doc.anchors[slug+"-"+string(rune('0'+k))] = true
			} else {
				doc.anchors[slug] = true
			}
			seen[slug]++
		case *ast.Link:
			doc.links = append(doc.links, link{string(n.Destination), lineOf(n)})
		case *ast.Image:
			doc.links = append(doc.links, link{string(n.Destination), lineOf(n)})
		case *ast.AutoLink:
			doc.links = append(doc.links, link{string(n.URL(data)), lineOf(n)})
		case *ast.CodeSpan:
			doc.code = append(doc.code, plain(n, data))
		case *east.Table:
			doc.tables = append(doc.tables, rows(n, data))
		}
		return ast.WalkContinue, nil
	})
	return doc
}

// note is the text of a comment.
func note(html *ast.HTMLBlock, data []byte) string {
	text := string(html.Lines().Value(data))
	if html.HasClosure() {
		text += string(html.ClosureLine.Value(data))
	}
	return comment(text)
}

// rows are the cells of a table as in the file, with the head first.
func rows(table *east.Table, data []byte) [][]string {
	var found [][]string
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, strings.TrimSpace(string(cell.Lines().Value(data))))
		}
		found = append(found, cells)
	}
	return found
}

// table returns the table of the document with that head; fatal if there is none.
func (d *document) table(t *testing.T, head ...string) [][]string {
	t.Helper()
	for _, rows := range d.tables {
		if strings.Join(rows[0], "|") == strings.Join(head, "|") {
			return rows[1:]
		}
	}
	t.Fatalf("%s has no table with the head %q", d.path, head)
	return nil
}

// plain is the text of a node without its markup.
func plain(n ast.Node, data []byte) string {
	var b strings.Builder
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(data))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// slugOf is the anchor that GitHub gives to a heading: lower case, without
// punctuation, with hyphens for blanks.
func slugOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
}

var oneComment = regexp.MustCompile(`(?s)^\s*<!--(.*)-->\s*$`)

// comment is the text of an HTML comment; empty if the node is something else.
func comment(html string) string {
	m := oneComment.FindStringSubmatch(html)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}

// blocks are the fenced blocks in a language, from all documents.
func blocks(t *testing.T, language string) []block {
	t.Helper()
	var found []block
	for _, doc := range documents(t) {
		for _, b := range doc.blocks {
			if b.language == language {
				found = append(found, b)
			}
		}
	}
	return found
}

// Headings, comments before blocks and cells of tables are read as they are in the file.
func TestReadDocument(t *testing.T) {
	t.Parallel()
	d := readDocument("x.md", []byte("# A `b`: c's *d*!\n\n## Twice\n\n## Twice\n\n<!-- not run: it is long -->\n```sh\nls\n```\n\n"+
		"[x](y.md#z) and\n<https://example.com/a>\n\n| a | b |\n|---|---|\n| `c` | [d](e) |\n\n```yaml\nf: 1\n```\n\n<!-- not run from here on: why -->\n\n# More\n\n```sh\nls\n```\n"))
	for _, slug := range []string{"a-b-cs-d", "twice", "twice-1"} {
		if !d.anchors[slug] {
			t.Errorf("there is no anchor %s: %v", slug, d.anchors)
		}
	}
	if len(d.blocks) != 3 || d.blocks[0] != (block{"x.md", 9, "sh", "ls\n", "not run: it is long"}) || d.blocks[1].note != "" || d.blocks[2].note != "not run: why" {
		t.Errorf("blocks: %+v", d.blocks)
	}
	if len(d.links) != 3 || d.links[0] != (link{"y.md#z", 12}) || d.links[1].to != "https://example.com/a" || d.links[2].to != "e" {
		t.Errorf("links: %+v", d.links)
	}
	if rows := d.table(t, "a", "b"); len(rows) != 1 || rows[0][0] != "`c`" || rows[0][1] != "[d](e)" {
		t.Errorf("rows: %q", rows)
	}
}
