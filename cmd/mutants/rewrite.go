// Rewriting a source file, so that every condition can be switched off. Text is only inserted within lines, so
// line numbers stay the same.

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// A rewriter rewrites one file.
type rewriter struct {
	pkg, name  string
	text       []byte
	statements bool
	mutants    []*mutant // those of all files so far

	file  *token.File
	fn    string
	edits []edit
}

// An edit removes bytes and inserts text. At the same place, texts behind an expression come first, the last one
// added before the others, and then texts in front of an expression.
type edit struct {
	at     int // the offset in the file
	remove int // how many bytes
	text   string
	end    bool // the text belongs behind an expression
}

func (r *rewriter) rewrite() ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, r.name, r.text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	r.file = fset.File(file.Pos())
	for _, d := range file.Decls {
		r.fn = nameOf(d)
		r.walk(d)
	}
	return r.apply(), nil
}

// nameOf is the name of a function, with the type of its receiver, or of another declaration.
func nameOf(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		typ := d.Recv.List[0].Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if generic, ok := typ.(*ast.IndexExpr); ok {
			typ = generic.X
		}
		return fmt.Sprint(typ) + "." + d.Name.Name
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok {
				return v.Names[0].Name
			}
		}
	}
	return "a declaration"
}

// walk rewrites everything in n, from the outside to the inside.
func (r *rewriter) walk(n ast.Node) {
	inChain := map[ast.Expr]bool{} // chains that are part of a longer chain of the same operator
	labeled := map[ast.Stmt]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.LabeledStmt:
			labeled[n.Stmt] = true
		case *ast.IfStmt:
			r.condition(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil && operator(n.Cond) != token.LOR { // not always: the loop would not end
				r.wrap(n.Cond, never, "")
			}
		case *ast.SwitchStmt:
			r.choice(n, labeled[n])
		case *ast.BinaryExpr:
			if (n.Op == token.LAND || n.Op == token.LOR) && !inChain[n] {
				r.chain(n, n.Op, inChain)
			}
		case *ast.CallExpr:
			r.call(n)
		case *ast.BlockStmt:
			r.list(n.List)
		case *ast.CaseClause:
			r.list(n.Body)
		}
		return true
	})
}

// operator is && or || if e is a chain of these, and otherwise ILLEGAL.
func operator(e ast.Expr) token.Token {
	if b, ok := ast.Unparen(e).(*ast.BinaryExpr); ok && (b.Op == token.LAND || b.Op == token.LOR) {
		return b.Op
	}
	return token.ILLEGAL
}

// condition makes e never true, and always true. If e is a chain, one of the two would show less than leaving
// out a single operand does, so it is skipped.
func (r *rewriter) condition(e ast.Expr) {
	if operator(e) != token.LAND {
		r.wrap(e, always, "")
	}
	if operator(e) != token.LOR {
		r.wrap(e, never, "")
	}
}

// chain leaves out single operands of a && b && c or a || b || c.
func (r *rewriter) chain(e ast.Expr, op token.Token, inChain map[ast.Expr]bool) {
	for _, side := range []ast.Expr{e.(*ast.BinaryExpr).X, e.(*ast.BinaryExpr).Y} {
		if bare := ast.Unparen(side); operator(side) == op {
			inChain[bare] = true
			r.chain(bare, op, inChain)
			continue
		}
		r.wrap(side, noOperand, op.String())
	}
}

// choice rewrites the cases of a switch. A switch on a value becomes a switch without one, whose cases are
// conditions.
func (r *rewriter) choice(s *ast.SwitchStmt, labeled bool) {
	var values int
	for _, c := range s.Body.List {
		values += len(c.(*ast.CaseClause).List)
	}
	if s.Tag != nil && (values == 0 || labeled) {
		return
	}
	if s.Tag != nil {
		text := "mutantTag := "
		if s.Init != nil {
			r.edits = append(r.edits, edit{at: r.at(s.Switch), remove: len("switch"), text: "{"})
			text = "switch " + text
			r.put(s.Body.End(), "}", true)
		}
		r.put(s.Tag.Pos(), text, false)
		r.put(s.Tag.End(), ";", true)
	}
	for _, c := range s.Body.List {
		list := c.(*ast.CaseClause).List
		for _, v := range list {
			switch {
			case s.Tag != nil:
				r.wrap(v, noValue, "")
				r.put(v.Pos(), "mutantTag == (", false)
				r.put(v.End(), ")", true)
			case len(list) > 1:
				r.wrap(v, noValue, "")
			default:
				r.condition(v)
			}
		}
	}
}

// call drops single arguments of min and max, by putting another argument in their place.
func (r *rewriter) call(c *ast.CallExpr) {
	f, ok := c.Fun.(*ast.Ident)
	if !ok || f.Name != "min" && f.Name != "max" || len(c.Args) < 2 {
		return
	}
	if !slices.ContainsFunc(c.Args, func(a ast.Expr) bool { _, literal := a.(*ast.BasicLit); return !literal }) {
		return
	}
	for i, a := range c.Args {
		other := c.Args[(i+1)%len(c.Args)]
		m := r.mutant(a, noArgument, r.source(c.Pos(), c.End()))
		r.put(a.Pos(), fmt.Sprintf("mutantPick(%d, ", m.id), false)
		r.put(a.End(), fmt.Sprintf(", %s)", r.source(other.Pos(), other.End())), true)
	}
}

// list leaves out single assignments and calls without a result.
func (r *rewriter) list(stmts []ast.Stmt) {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		case *ast.IncDecStmt:
		case *ast.ExprStmt:
			if c, ok := s.X.(*ast.CallExpr); ok && fmt.Sprint(c.Fun) == "panic" {
				continue
			}
		default:
			continue
		}
		if r.statements {
			m := r.mutant(s, noStatement, "")
			r.put(s.Pos(), fmt.Sprintf("if mutantNote(%d); mutantChosen != %[1]d {", m.id), false)
			r.put(s.End(), "}", true)
		}
	}
}

// wrap makes the condition e true, or false, if the mutant is chosen.
func (r *rewriter) wrap(e ast.Expr, k kind, op string) {
	m := r.mutant(e, k, op)
	text := fmt.Sprintf("(mutantChosen != %d && mutantSaw(%[1]d, false, ", m.id)
	if k == always || op == "&&" {
		text = fmt.Sprintf("(mutantChosen == %d || mutantSaw(%[1]d, true, ", m.id)
	}
	r.put(e.Pos(), text, false)
	r.put(e.End(), "))", true)
}

// mutant adds a mutant. around is the operator or the call that contains n; empty if there is none.
func (r *rewriter) mutant(n ast.Node, k kind, around string) *mutant {
	m := &mutant{
		id: len(r.mutants) + 1, pkg: r.pkg, fn: r.fn, file: r.name, line: r.file.Line(n.Pos()),
		kind: k, source: r.source(n.Pos(), n.End()),
	}
	if around != "" {
		m.source += " (of " + around + ")"
	}
	r.mutants = append(r.mutants, m)
	return m
}

func (r *rewriter) at(p token.Pos) int { return r.file.Offset(p) }

// source is the source text between two positions, in one line.
func (r *rewriter) source(from, to token.Pos) string {
	return strings.Join(strings.Fields(string(r.text[r.at(from):r.at(to)])), " ")
}

func (r *rewriter) put(p token.Pos, text string, end bool) {
	r.edits = append(r.edits, edit{at: r.at(p), text: text, end: end})
}

// apply returns the text with the edits.
func (r *rewriter) apply() []byte {
	var begins, ends []edit
	for _, e := range r.edits {
		if e.end {
			ends = append(ends, e)
		} else {
			begins = append(begins, e)
		}
	}
	slices.Reverse(ends)
	edits := append(ends, begins...)
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	var out bytes.Buffer
	from := 0
	for _, e := range edits {
		out.Write(r.text[from:e.at])
		out.WriteString(e.text)
		from = e.at + e.remove
	}
	out.Write(r.text[from:])
	return out.Bytes()
}
