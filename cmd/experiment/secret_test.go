// The results hold nothing that must not leave the machine.

package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
	"heroku-rollout-gate/gate/herokusim"
)

// elsewhere is a host that logs and uploads are moved to, as they are on Heroku; readKey is the key of the gates.
const (
	elsewhere = "sessions.logs.example.net"
	readKey   = "simulated-key-that-reads"
)

// A mover moves logs and uploads there, and makes some requests fail with addresses in the error, as in life.
type mover struct {
	http.RoundTripper
	mu    sync.Mutex
	asked map[string]int
}

func (m *mover) RoundTrip(req *http.Request) (*http.Response, error) {
	m.mu.Lock()
	what := req.Method + " " + req.URL.Host
	change := req.Method == http.MethodPatch && strings.Contains(req.Header.Get("Authorization"), readKey)
	if strings.HasSuffix(req.URL.Path, "/dynos") {
		what += " dynos"
	}
	m.asked[what]++
	n := m.asked[what]
	m.mu.Unlock()
	if what == "GET "+elsewhere && n%3 == 1 {
		return nil, errors.New("dial tcp: lookup " + elsewhere + " on 203.0.113.53:53: no such host")
	}
	if strings.HasSuffix(what, "dynos") && n%20 == 10 {
		return nil, errors.New("read tcp 198.51.100.7:50000->[2001:db8::7]:443: connection reset by peer")
	}
	if req.URL.Host == elsewhere {
		req = req.Clone(req.Context())
		req.URL.Host, req.Host = "api.heroku.com", ""
	}
	res, err := m.RoundTripper.RoundTrip(req)
	if err == nil && change {
		res.StatusCode = http.StatusForbidden
	}
	if err != nil || req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "s") {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	body = bytes.ReplaceAll(body, []byte("https://api.heroku.com/"), []byte("https://"+elsewhere+"/"))
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, err
}

func TestResultsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := quick(t)
		p.Metrics = true
		pl := prepare(t, p, anyKey)
		m := &mover{RoundTripper: pl.world.transport, asked: map[string]int{}}
		pl.world.transport, pl.world.readKey = m, readKey
		pl.e = newExperiment(p, pl.world, &pl.out, pl.results)
		run, err := pl.e.play(t.Context())
		if err != nil {
			t.Fatalf("%v\n%s", err, pl.out.String())
		}
		for _, what := range []string{"GET " + elsewhere, "PUT " + elsewhere, "GET api.heroku.com dynos"} {
			if m.asked[what] < 1 {
				t.Errorf("nobody asked %s: %v", what, m.asked)
			}
		}
		all := checkResults(t, pl, run)
		for _, there := range []string{"[address]", "[host]"} { // it was there, and was removed
			if !bytes.Contains(all, []byte(there)) {
				t.Errorf("%q is nowhere in the results", there)
			}
		}
		if found := secret.FindAll(pl.out.Bytes(), -1); found != nil {
			t.Errorf("it prints %q", found)
		}
	})
}

// What the program prints is clean as well: people copy it. First a build fails and cannot be cleaned up, then the
// next run cannot ask for the app that is left.
func TestPrintsNoSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t), func(o *herokusim.AccountOptions) {
			o.Build = &herokusim.Build{Takes: 10 * time.Second, Fails: true}
		})
		w, failed := *pl.world, false
		w.simulated = false
		w.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			if failed {
				return nil, errors.New("dial tcp 203.0.113.53:443: connect: network is unreachable")
			}
			res, err := pl.world.transport.RoundTrip(req)
			if err == nil && strings.HasPrefix(req.URL.Path, "/streams/") {
				failed = true
				res.Body = io.NopCloser(strings.NewReader("git clone https://jo:token@git.example/x.git\nwith " + simulatedKey + " by jo@mail.example\nnot found\n"))
			}
			return res, err
		})
		var out bytes.Buffer
		for range 2 {
			command := &commandLine{Plan: "plain-restart", Speed: 1, Yes: true, Results: t.TempDir(), stdout: &out, stderr: &out, heroku: &w}
			if status := command.main(t.Context()); status != exitFailed {
				t.Errorf("status %d", status)
			}
		}
		if found := secret.FindAllString(out.String(), -1); found != nil {
			t.Errorf("it prints %q", found)
		}
		for want, n := range map[string]int{
			"the end of what it printed:\n  git clone [url]\n  with [api-key] by [e-mail]\n  not found\n": 1, "dial tcp [address]:443": 2,
		} {
			if strings.Count(out.String(), want) != n {
				t.Errorf("%q is not there %d times", want, n)
			}
		}
		if t.Failed() {
			t.Log(out.String())
		}
	})
}

// What a report must not hold, in the forms in which it comes.
var secret = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+|\b\d{1,3}(\.\d{1,3}){3}\b|2001:db8|[a-z]://|` + simulatedKey + `|` + readKey + `|` + regexp.QuoteMeta(elsewhere))

// checkResults: the folder is whole, for its owner alone, and clean.
func checkResults(t *testing.T, pl *play, run *evidence.Run) (all []byte) {
	t.Helper()
	if err := pl.e.write(run); err != nil {
		t.Fatal(err)
	}
	var names []string
	err := filepath.Walk(pl.results, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		names = append(names, info.Name())
		data, err := os.ReadFile(path)
		if found := secret.FindAllString(string(data), 3); found != nil {
			t.Errorf("%s holds %q", info.Name(), found)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v", info.Name(), info.Mode())
		}
		all = append(all, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"gate-after.jsonl", "gate-after.log", "gate-before.jsonl", "gate-before.log", "log.txt", "report.txt", "requests.jsonl", "run.json"}; !slices.Equal(names, want) {
		t.Errorf("the results are %q, want %q", names, want)
	}
	for _, there := range []string{"[e-mail]", "[url]", "alive code=1", `"method":"PATCH"`, "heroku[web.1]"} {
		if !bytes.Contains(all, []byte(there)) {
			t.Errorf("%q is nowhere in the results", there)
		}
	}
	return all
}
