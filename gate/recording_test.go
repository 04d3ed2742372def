package gate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

// A recording of any run replays to the same verdict, and holds no secret.
func TestRecordingsReplay(t *testing.T) {
	t.Parallel()
	for _, name := range herokusim.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, err := herokusim.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			story, err := sc.Play()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "recording")
			var o outcome
			synctest.Test(t, func(t *testing.T) {
				o = play(t, story, sc.AppName(), story.Gate, map[string]string{"record": file}, 0)
			})
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{testKey, "/logplex/", "/streams/"} {
				if bytes.Contains(data, []byte(secret)) {
					t.Errorf("the recording holds %q", secret)
				}
			}
			var out, errs bytes.Buffer
			var again rollout.Verdict
			c := gate.Command{Args: []string{"replay", file}, Stdout: &out, Stderr: &errs, Transport: noNetwork{t},
				Ended: func(_ rollout.Picture, v rollout.Verdict) { again = v }}
			if status := c.Main(t.Context()); status != o.status || again != o.verdict {
				t.Errorf("replay: status %d, %+v; the run: %d, %+v\n%s", status, again, o.status, o.verdict, errs.String())
			}
			if !strings.Contains(out.String(), o.verdict.Message) {
				t.Errorf("the message %q is not printed:\n%s", o.verdict.Message, out.String())
			}
		})
	}
}
