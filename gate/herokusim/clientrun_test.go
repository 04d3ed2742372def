// Running the official Heroku client against cmd/herokusim, and recording every request.

package herokusim

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var clientFlag = flag.String("client", "", "the official client, node_modules/.bin/heroku of an installed npm package: run the tests with it")

func needClient(t *testing.T) {
	t.Helper()
	if *clientFlag == "" {
		t.Skip("needs the official client: make client")
	}
}

const rightKey = "HRKU-0a1b2c3d-0000-4000-8000-123456789abc"

// A simulator is cmd/herokusim as a process. It serves a story or an account.
type simulator struct {
	t     *testing.T
	story *Story // nil for an account
	start time.Time
	url   string
	// The environment of the client.
	key, app string

	mu    sync.Mutex
	looks []look
}

// A look is one request of the client, and the platform's clock in the answer.
type look struct {
	method, path string
	status       int
	at           time.Duration // of the story, in whole seconds
	came         time.Time
}

// build makes the program once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "herokusim")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "herokusim")
	out, err := exec.Command("go", "build", "-o", program, "heroku-rollout-gate/cmd/herokusim").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return program, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if *clientFlag != "" {
		if program, err := build(); err == nil {
			os.RemoveAll(filepath.Dir(program))
		}
	}
	os.Exit(status)
}

// simulate starts the program; scenario is a name or a YAML text.
func simulate(t *testing.T, scenario string, flags ...string) *simulator {
	t.Helper()
	if strings.Contains(scenario, "\n") {
		file := filepath.Join(t.TempDir(), "scenario.yaml")
		if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
			t.Fatal(err)
		}
		scenario = file
	}
	s := &simulator{t: t, story: tell(t, scenario), key: rightKey}
	s.app, s.start = s.story.Scenario.AppName(), s.story.Start
	s.serve(append(flags, scenario)...)
	return s
}

// simulateAccount starts the program with an account that can be written to.
func simulateAccount(t *testing.T, flags ...string) *simulator {
	t.Helper()
	s := &simulator{t: t, key: rightKey, start: (&Scenario{}).start()}
	s.serve(append([]string{"account"}, flags...)...)
	return s
}

// serve runs the program, with a proxy in front of it.
func (s *simulator) serve(args ...string) {
	t := s.t
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append(args, "--key="+rightKey)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(stdout)
	address := ""
	for address == "" && lines.Scan() {
		address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text())
	}
	go io.Copy(io.Discard, stdout)
	target, err := url.Parse(address)
	if err != nil || address == "" {
		t.Fatalf("herokusim does not say where it is: %v", err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{
		// Keep the host, so that the URLs in answers lead through this proxy, too.
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: s.saw,
		FlushInterval:  -1,
		ErrorHandler:   func(w http.ResponseWriter, r *http.Request, err error) {}, // the client has gone
	})
	t.Cleanup(front.Close)
	t.Cleanup(front.CloseClientConnections)
	s.url = front.URL
}

// saw records an exchange, and checks an answer of the API against the schema.
func (s *simulator) saw(resp *http.Response) error {
	r := resp.Request
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		s.t.Errorf("%s %s: answered without a good Date: %v", r.Method, r.URL.Path, err)
	}
	s.mu.Lock()
	s.looks = append(s.looks, look{r.Method, r.URL.Path, resp.StatusCode, date.Sub(s.start), time.Now()})
	s.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/logplex/") || strings.HasPrefix(r.URL.Path, "/streams/") || strings.HasPrefix(r.URL.Path, sources) {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	schema, err := schemaOf(r)
	if err != nil {
		return err
	}
	if err := schema.check(r.Method, r.URL.Path, resp.StatusCode, resp.Header, body); err != nil {
		s.t.Errorf("%s %s, %s: %v\n%.500s", r.Method, r.URL.Path, r.Header.Get("Accept"), err, body)
	}
	return nil
}

// asked lists the requests whose path has that end.
func (s *simulator) asked(suffix string) []look {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []look
	for _, l := range s.looks {
		if strings.HasSuffix(l.path, suffix) {
			found = append(found, l)
		}
	}
	return found
}

// streams are the statuses of the log streams.
func (s *simulator) streams() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var statuses []int
	for _, l := range s.looks {
		if strings.HasPrefix(l.path, "/logplex/") {
			statuses = append(statuses, l.status)
		}
	}
	return statuses
}

// A run is what the client printed, and how it ended.
type run struct {
	stdout, stderr string
	status         int
	lines          []printed
}

type printed struct {
	text string
	came time.Time
}

// command runs the client to its end, or until enough says so of a printed line.
func (s *simulator) command(enough func(line string) bool, args ...string) run {
	t := s.t
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if s.app != "" {
		args = append(args, "--app", s.app)
	}
	cmd := exec.CommandContext(ctx, *clientFlag, args...)
	home := t.TempDir()
	// Without this file the client shows new terms of service.
	terms := filepath.Join(home, ".cache", "heroku", "terms-of-service")
	if err := errors.Join(os.MkdirAll(filepath.Dir(terms), 0o700), os.WriteFile(terms, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	// All other requests of the client are turned off; if one comes, the test sees it.
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("heroku %s asks elsewhere: %s %s", strings.Join(args, " "), r.Method, r.Host)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer elsewhere.Close()
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TZ=UTC", "NO_COLOR=1",
		"HEROKU_HOST=" + s.url, "HEROKU_API_KEY=" + s.key,
		"DISABLE_TELEMETRY=true", "HEROKU_SKIP_NEW_VERSION_CHECK=1", "HEROKU_DISABLE_AUTOUPDATE=1",
		"HTTPS_PROXY=" + elsewhere.URL, "NO_PROXY=127.0.0.1",
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var r run
	for scan := bufio.NewScanner(stdout); scan.Scan(); {
		r.stdout += scan.Text() + "\n"
		r.lines = append(r.lines, printed{scan.Text(), time.Now()})
		if enough != nil && enough(scan.Text()) {
			cmd.Process.Signal(os.Interrupt)
		}
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok || ctx.Err() != nil {
		t.Fatalf("heroku %s: %v, %v\n%s%s", strings.Join(args, " "), err, ctx.Err(), r.stdout, stderr.String())
	} else if ok {
		r.status = exit.ExitCode()
	}
	r.stderr = stderr.String()
	return r
}

// good runs the client, which must succeed.
func (s *simulator) good(args ...string) string {
	s.t.Helper()
	r := s.command(nil, args...)
	if r.status != 0 || r.stderr != "" {
		s.t.Fatalf("heroku %s: status %d\n%s%s", strings.Join(args, " "), r.status, r.stdout, r.stderr)
	}
	return r.stdout
}
