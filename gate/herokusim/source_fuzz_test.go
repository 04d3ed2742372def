// A fuzz test: any source can either be built and run, or its build fails and says why.

package herokusim

import (
	"testing"
	"time"
)

func FuzzSource(f *testing.F) {
	f.Add(plain, `{"code": 1, "stop": 2.5, "lines": 3, "release": {"seconds": 1, "fails": true}}`, []byte(nil))
	f.Add("release: r\nweb: a\nweb: b\r\n", `{"build": {"fails": true}}`, []byte("\x1f\x8b"))
	f.Add("web:a\n: b\n-: -\n", `[]`, []byte("x"))
	f.Fuzz(func(t *testing.T, procfile, behaviour string, raw []byte) {
		if len(raw) > 0 {
			readSource(raw)
		}
		src := readSource(tarball(t, python(procfile, behaviour)))
		for _, line := range src.says("heroku-24", false) {
			if line == "" {
				t.Error("an empty line is printed")
			}
		}
		if src.bad != "" {
			return
		}
		for typ := range src.types {
			if !typeName.MatchString(typ) || typ == "release" {
				t.Errorf("%q is no process type", typ)
			}
		}
		template := Scenario{Young: true, Noise: new(float64)}
		grows := &growth{appID: "app", until: 10 * time.Minute, writes: []write{{0, func(p *play) { p.build(&Deploy{}, src.commit(), src, nil) }}}}
		st, err := template.play(grows)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range st.Between(0, time.Minute) {
			if l.Emitted <= 0 || l.Emitted > time.Minute {
				t.Errorf("a line of the minute comes at %s: %s", l.Emitted, l)
			}
		}
	})
}
