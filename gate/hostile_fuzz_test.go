// A fuzz test with any text in every place where texts of others can appear.

package gate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"heroku-rollout-gate/gate/report"
	"heroku-rollout-gate/gate/rollout"
)

// FuzzReport puts a text in every place where texts of others can appear, and reads the
// output as the runner does.
func FuzzReport(f *testing.F) {
	f.Add(evil, uint8(0))
	for i, s := range strings.Split(evil, "\r\n") {
		f.Add(s, uint8(i))
		f.Add(s, uint8(128+i))
		f.Add(s, uint8(192+i))
		for _, more := range []int{16, 32, 48} {
			f.Add(s, uint8(128+more+i%16))
		}
	}
	f.Add(strings.Repeat("`", 200)+"\n"+strings.Repeat("~", 200), uint8(3))
	f.Add("HRKU-0a1b2c3d-\x1b[0m0000-4000-8000-123456789abc", uint8(1))
	f.Fuzz(func(t *testing.T, s string, kind uint8) {
		env := map[string]string{"GITHUB_ACTIONS": "true", "INPUT_API-KEY": testKey, "GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "octo-org/octo.repo"}
		switch kind / 4 % 4 {
		case 1:
			env["GITHUB_SERVER_URL"] = s
		case 2:
			env["GITHUB_SERVER_URL"] += s
		case 3:
			env["GITHUB_REPOSITORY"] += s
		}
		for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
			env[file] = filepath.Join(t.TempDir(), file)
		}
		var log, result bytes.Buffer
		r := report.New(report.Options{Stdout: &log, Result: &result, Getenv: func(k string) string { return env[k] }})
		r.Mask(testKey)
		p := hostilePicture(s)
		if kind >= 128 { // the links are drawn, with the text behind names that have the right form
			p.App.Name, p.Target.ID, p.Commit = "example", "01234567-89ab-cdef-0123-456789abcdef", strings.Repeat("0123456789", 4)
		}
		if kind >= 192 {
			p.App.Name, p.Target.ID, p.Commit, p.Dynos[0].Label = p.App.Name+s, p.Target.ID+s, p.Commit+s, "web.1"+s
		}
		v := rollout.Verdict{Result: rollout.Failed, Reason: rollout.DynosCrashed, Message: "it " + s, Dyno: "web.1" + s}
		if kind%4 == 1 {
			v = rollout.Verdict{Result: rollout.Passed, Reason: rollout.RolledOut, Basis: rollout.Presumed, Message: s + " is so"}
			p.OldRemaining = 0
		}
		if kind/16%2 == 1 { // what people copy stands beside it
			v.Message = `see "heroku ps --app shop"` + s + ` and https://status.heroku.com` + s + `"heroku releases:output v42 --app ` + s + `"`
		}
		trial, annotation := kind/32%2 == 1, annotationOf(v)
		if trial && annotation == "error" {
			annotation = "warning"
		}
		r.Update(p)
		r.Excerpt(s, []string{s, "a " + s, s + s})
		if err := r.End(report.Ending{Picture: p, Verdict: v, Waited: time.Minute, ObserveOnly: trial}); err != nil {
			t.Fatal(err)
		}
		outputs := readOutputs(t, env["GITHUB_OUTPUT"])
		summary, err := os.ReadFile(env["GITHUB_STEP_SUMMARY"])
		if err != nil {
			t.Fatal(err)
		}
		if len(outputs) != len(report.OutputNames) || outputs["result"] != string(v.Result) {
			t.Errorf("outputs: %q", outputs)
		}
		checkCommands(t, log.String(), annotation, testKey)
		checkHarmless(t, log.String(), outputs, string(summary))
		var end map[string]any
		if err := json.Unmarshal(result.Bytes(), &end); err != nil || strings.Count(result.String(), "\n") != 1 || len(end) != len(report.OutputNames) {
			t.Errorf("the result is %q: %v", result.String(), err)
		}
		checkHarmless(t, result.String(), nil, "")
	})
}

// hostilePicture has the text in every string field, also in fields that are added later.
func hostilePicture(s string) rollout.Picture {
	var p rollout.Picture
	fill(reflect.ValueOf(&p).Elem(), s)
	return p
}

// fill sets every string in v to s, every number to one and every time to a fixed time.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
		if v.Type() == reflect.TypeFor[time.Duration]() {
			v.SetInt(int64(time.Minute))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), s)
		fill(v.Index(1), s)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), s)
		}
	}
}
