package report

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"heroku-rollout-gate/gate/rollout"
)

// BenchmarkUpdate is an update with a picture without news.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("dynos=%d", n), func(b *testing.B) {
			r, p := New(Options{}), large(n)
			b.ReportAllocs()
			for b.Loop() {
				p.At += time.Millisecond
				r.Update(p)
			}
		})
	}
}

// BenchmarkEnd writes the outputs and the summary.
func BenchmarkEnd(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("dynos=%d", n), func(b *testing.B) {
			env := map[string]string{
				"GITHUB_ACTIONS": "true",
				"GITHUB_OUTPUT":  filepath.Join(b.TempDir(), "output"), "GITHUB_STEP_SUMMARY": filepath.Join(b.TempDir(), "summary"),
			}
			ending := Ending{Picture: large(n), Verdict: rollout.Verdict{Result: rollout.Passed, Reason: rollout.RolledOut, Basis: rollout.Proven}}
			b.ReportAllocs()
			for b.Loop() {
				os.Remove(env["GITHUB_OUTPUT"]) // what is there already counts
				os.Remove(env["GITHUB_STEP_SUMMARY"])
				if err := New(Options{Getenv: func(k string) string { return env[k] }}).End(ending); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// large is the measured deploy with more dynos.
func large(n int) rollout.Picture {
	pictures := measured().pictures
	p := pictures[len(pictures)-1]
	one := p.Dynos[0]
	p.Dynos = nil
	for i := range n {
		d := one
		d.Label = fmt.Sprintf("web.%d", i+1)
		p.Dynos = append(p.Dynos, d)
	}
	return p
}
