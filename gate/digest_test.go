// A readable report of hundreds of failures: a single wrong condition in the core can make most stories and
// random roll-outs fail.

package gate_test

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// wholeFailures is how many failures are printed in full.
const wholeFailures = 3

// A failure is a failed test of many similar ones.
type failure struct {
	name  string
	kind  string // what is wrong, in a few words that others have, too
	again string // the command that plays this one
	whole string
}

// A digest collects failures.
type digest struct {
	what string // what has failed, in the plural
	mu   sync.Mutex
	of   int
	all  []failure
}

// add records the result of a test; nil: it passed.
func (d *digest) add(f *failure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of++
	if f != nil {
		d.all = append(d.all, *f)
	}
}

// String says how many tests failed and how, and prints the shortest failures in full; empty if none failed.
func (d *digest) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d %s failed:\n", len(d.all), d.of, d.what)
	kinds := map[string]int{}
	for _, f := range d.all {
		kinds[f.kind]++
	}
	for _, kind := range slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		return cmp.Or(kinds[b]-kinds[a], strings.Compare(a, b))
	}) {
		fmt.Fprintf(&b, "%5d  %s\n", kinds[kind], kind)
	}
	shortest := slices.SortedFunc(slices.Values(d.all), func(a, b failure) int {
		return cmp.Or(len(a.whole)-len(b.whole), strings.Compare(a.name, b.name))
	})
	for i, f := range shortest {
		if i == wholeFailures {
			break
		}
		fmt.Fprintf(&b, "\n%s: %s\nplay it again: %s\n%s\n", f.name, f.kind, f.again, strings.TrimRight(f.whole, "\n"))
	}
	if rest := shortest[min(wholeFailures, len(shortest)):]; len(rest) > 0 {
		var names []string
		for _, f := range rest {
			names = append(names, f.name)
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
		fmt.Fprintf(&b, "\nand %d more:", len(rest))
		col := 1000
		for _, name := range names {
			if col += len(name) + 2; col > 100 {
				b.WriteString("\n  ")
				col = len(name)
			} else {
				b.WriteString(", ")
			}
			b.WriteString(name)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// notes is a testing.TB that collects its errors, so that the caller can report them.
type notes struct {
	testing.TB
	problems, logs []string
}

func (n *notes) note(text string) {
	n.TB.Fail()
	// The location of the error.
	if _, file, line, ok := runtime.Caller(2); ok {
		text = fmt.Sprintf("%s:%d: %s", filepath.Base(file), line, text)
	}
	n.problems = append(n.problems, strings.TrimRight(text, "\n"))
}

func (n *notes) Error(args ...any)                 { n.note(fmt.Sprintln(args...)) }
func (n *notes) Errorf(format string, args ...any) { n.note(fmt.Sprintf(format, args...)) }
func (n *notes) Fatal(args ...any)                 { n.note(fmt.Sprintln(args...)); n.TB.FailNow() }
func (n *notes) Fatalf(format string, args ...any) {
	n.note(fmt.Sprintf(format, args...))
	n.TB.FailNow()
}
func (n *notes) Log(args ...any) { n.logs = append(n.logs, fmt.Sprintln(args...)) }
func (n *notes) Logf(format string, args ...any) {
	n.logs = append(n.logs, fmt.Sprintf(format, args...))
}

// failure returns what was collected; nil if nothing is wrong.
func (n *notes) failure(name, again string) *failure {
	if len(n.problems) == 0 {
		return nil
	}
	worst := n.problems[0]
	if i := slices.IndexFunc(n.problems, func(p string) bool { return strings.Contains(p, tooEarly) }); i >= 0 {
		worst = n.problems[i]
	}
	return &failure{name: name, kind: disarmed(kindOf(worst)), again: again, whole: disarmed(strings.Join(append(n.problems, n.logs...), "\n"))}
}

// disarmed makes a step's log harmless before a test prints it: a runner would obey workflow commands in it.
func disarmed(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r", "\n"), "##[", "# #[")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") {
			lines[i] = "| " + line
		}
	}
	return strings.Join(lines, "\n")
}

// tooEarly marks the worst that the gate can do.
const tooEarly = "TOO EARLY"

// kinds are errors that many tests have in common.
var kinds = []struct {
	is   *regexp.Regexp
	kind string // with parts of the complaint
}{
	{regexp.MustCompile(tooEarly), "opened while old code ran"},
	{regexp.MustCompile(`verdict ([\w-]+), ([\w-]*), basis "(\w*)".*; want ([\w-]+), ([\w-]*), "(\w*)"`), "$1, $2 $3 in place of $4, $5 $6"},
	{regexp.MustCompile(`the gate ended at \S+ with ([\w-]+), ([\w-]+)`), "$1, $2 in place of passed"},
	{regexp.MustCompile(`the gate waited for`), "waited for another release"},
	{regexp.MustCompile(`verdict at|opened at`), "ended at another time"},
	{regexp.MustCompile(`is said`), "other words"},
	{regexp.MustCompile(`output (\S+) is`), "output $1 is another one"},
	{regexp.MustCompile(`replay`), "the recording replays otherwise"},
}

// kindOf is an error without its individual details.
func kindOf(problem string) string {
	for _, k := range kinds {
		if m := k.is.FindStringSubmatchIndex(problem); m != nil {
			return strings.Join(strings.Fields(string(k.is.ExpandString(nil, k.kind, problem, m))), " ")
		}
	}
	line, _, _ := strings.Cut(problem, "\n")
	return string([]rune(line)[:min(len([]rune(line)), 70)])
}

func TestDigestOfFailures(t *testing.T) {
	t.Parallel()
	d := digest{what: "stories"}
	if got := d.String(); got != "" {
		t.Errorf("without failures it says %q", got)
	}
	d.add(nil)
	for _, problems := range [][]string{
		{`verdict passed, rolled-out, basis "presumed" at 1m (so); want timed-out, unproven, ""`, "log of the step:\nlonger than the others"},
		{`"a word" is said nowhere`, "TOO EARLY: opened at 12s while web.1 of v41 ran until 30s"},
		{"TOO EARLY: opened at 9s while web.2 of v41 ran until 31s"},
		{`output release is "v41", want "v42"`},
		{"something that has no name yet"},
	} {
		n := &notes{TB: silent{t}, problems: problems}
		d.add(n.failure(fmt.Sprintf("story-%d", len(d.all)), "go test ./gate -run X"))
	}
	golden(t, "digest.txt", d.String())
}

// silent is a testing.TB that cannot fail.
type silent struct{ testing.TB }

func (silent) Fail()    {}
func (silent) FailNow() { runtime.Goexit() }

// All forms of errors are collected, with their line, and fatal ones end the test.
func TestNotes(t *testing.T) {
	t.Parallel()
	n := &notes{TB: silent{t}}
	done := make(chan bool)
	go func() {
		defer close(done)
		n.Logf("so it %s", "went")
		n.Error("one", 1)
		n.Errorf("two %d", 2)
		n.Fatalf("three")
		n.Errorf("four")
	}()
	<-done
	f := n.failure("x", "again")
	if f == nil || !regexp.MustCompile(`^digest_test\.go:\d+: one 1\ndigest_test\.go:\d+: two 2\ndigest_test\.go:\d+: three\nso it went$`).MatchString(f.whole) {
		t.Errorf("noted: %+v", f)
	}
	if f := (&notes{TB: silent{t}}).failure("x", "again"); f != nil {
		t.Errorf("nothing is wrong, and noted is %+v", f)
	}
}
