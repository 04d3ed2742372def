// The program behind a proxy, as on many runners: all its requests go through the proxy.

package gate_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
)

func TestProxy(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	program, _ := build(t)
	sc, st := load(t, "plain-restart")
	sim := herokusim.NewServer(st, herokusim.Options{From: 25 * time.Second})
	heroku := httptest.NewTLSServer(sim)
	t.Cleanup(heroku.Close)
	var mu sync.Mutex
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.Host)
		mu.Unlock()
		if r.Header.Get("Authorization") != "" {
			t.Error("the proxy sees the key")
		}
		to, err := net.Dial("tcp", heroku.Listener.Addr().String())
		if err != nil {
			http.Error(w, "no", http.StatusBadGateway)
			return
		}
		defer to.Close()
		w.WriteHeader(http.StatusOK)
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer from.Close()
		go io.Copy(to, from)
		io.Copy(from, to)
	}))
	t.Cleanup(proxy.Close)
	dir := t.TempDir()
	certs := filepath.Join(dir, "certs.pem")
	if err := os.WriteFile(certs, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: heroku.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	// Only the proxy knows where example.com is, and only this certificate is trusted.
	cmd := exec.Command(program, "--app", sc.AppName(), "--api-url", "https://example.com", "--timeout", "30s")
	cmd.Env = []string{"HEROKU_API_KEY=" + testKey, "HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + certs, "SSL_CERT_DIR=" + dir}
	out, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.ExitCode(); status != gate.ExitPassed {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(asked) == 0 || slices.ContainsFunc(asked, func(s string) bool { return s != "CONNECT example.com:443" }) {
		t.Errorf("the proxy was asked %q", asked)
	}
	streams := 0
	for _, r := range sim.Requests() {
		if strings.HasPrefix(r.Path, "/logplex/") {
			streams++
		}
	}
	if streams == 0 {
		t.Error("the log was not read through the proxy")
	}
}
