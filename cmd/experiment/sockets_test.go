// The program over real connections, as on the real Heroku, with notes and questions.

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heroku-rollout-gate/gate/herokusim"
)

func TestOverSockets(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays in real time")
	}
	const speed = 60
	p := quick(t)
	account, err := herokusim.NewAccount(simulatedOptions(p, speed))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(account)
	defer server.Close()
	// Every host is that server.
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // #nosec G402 -- a server of this test
	}
	defer transport.CloseIdleConnections()
	w := worldOf(account, speed)
	w.simulated, w.transport, w.notes = false, transport, t.TempDir()
	file := filepath.Join(t.TempDir(), "small.yaml")
	if err := os.WriteFile(file, []byte("about: It is small.\nasks: nothing\ntypes: {web: 1}\npreboot: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := &commandLine{Plan: file, Speed: 1, Results: t.TempDir(), stdin: bufio.NewReader(strings.NewReader("yes\n")), terminal: true, stdout: &out, stderr: &out,
		heroku: w}
	if status := c.main(t.Context()); status != exitDone {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"Plan small, on the real Heroku.", "from before the deploy  passed, ", " not seen\n", " is deleted\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if apps := account.Apps(); len(apps) != 1 || apps[0].Deleted == 0 {
		t.Errorf("the apps are %+v", apps)
	}
	checkNotes(t, w.notes, 0)
	if t.Failed() {
		t.Log(out.String())
	}
}
