// This file is for serving: the listener, what is printed, and how other programs learn the address.

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

type serveCommand struct {
	Scenario string        `arg:"" help:"A name from list, or a YAML file."`
	Listen   string        `default:"127.0.0.1:0" placeholder:"ADDRESS" help:"Loopback address; with port 0 (${default}) a free one is taken."`
	Speed    float64       `default:"1" placeholder:"N" help:"Seconds of the story in a second (${default})."`
	From     time.Duration `placeholder:"TIME" help:"Time of the story to begin at; may be negative."`
	Wait     bool          `help:"Begin with the first request."`
	TLS      string        `name:"tls" placeholder:"FOLDER" help:"Answer by HTTPS, with cert.pem and key.pem of the folder."`
	Key      string        `help:"The one API key that is right; any is unless this is given."`
	Fault    []string      `sep:"none" placeholder:"FAULT" help:"Make the API answer badly, as in 'status: 503, path: /dynos, from: 30s, to: 90s'; may be repeated. See faults."`
	Log      string        `placeholder:"TROUBLE" help:"Make the log misbehave, as in 'refused: 403' or 'cut: 20s'. See faults."`
	Requests bool          `help:"Print every request, too."`
	JSON     bool          `name:"json" help:"Print JSON, an object a line: the first is \"ready\", with address and environment."`
	EnvFile  string        `placeholder:"FILE" help:"Write the environment to FILE when the server is ready; it is removed at the end."`
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, stdout io.Writer) error {
	if !(c.Speed > 0) || math.IsInf(c.Speed, 0) {
		return fmt.Errorf("speed is %g: give a number above zero", c.Speed)
	}
	story, err := play(c.Scenario, c.trouble)
	if err != nil {
		return err
	}
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	sim := herokusim.NewServer(story, herokusim.Options{Speed: c.Speed, From: c.From, Key: c.Key})
	out := &printer{w: stdout, json: c.JSON}
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { sim.Begin(); close(begun) })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin()
		if c.Requests {
			n := &noted{ResponseWriter: w, note: func(answer string) {
				out.print(event{Event: "request", At: sim.Now(), Text: r.Method + " " + r.URL.RequestURI() + " -> " + answer})
			}}
			w = n
			defer n.once.Do(func() { n.note("no answer") })
		}
		sim.ServeHTTP(w, r)
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	scheme, accept, cert := "http", server.Serve, ""
	if c.TLS != "" {
		cert = filepath.Join(c.TLS, "cert.pem")
		pair, err := tls.LoadX509KeyPair(cert, filepath.Join(c.TLS, "key.pem"))
		if err != nil {
			return fmt.Errorf("reading the certificate: %w", err)
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		scheme, accept = "https", func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	ended := make(chan error, 1)
	go func() { ended <- accept(listener) }()
	env := environment(scheme+"://"+listener.Addr().String(), story.Scenario.AppName(), orAny(c.Key))
	out.introduce(env, story, cert)
	if c.EnvFile != "" {
		if err := writeEnv(c.EnvFile, env); err != nil {
			return err
		}
		defer os.Remove(c.EnvFile)
	}
	if !c.Wait {
		begin()
	}
	select {
	case <-begun:
		c.tell(ctx, out, sim, story)
	case <-ctx.Done():
	}
	select {
	case <-ctx.Done():
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	}
	return server.Close()
}

// noted tells the status of an answer as it begins, or that there is none.
type noted struct {
	http.ResponseWriter
	once sync.Once
	note func(answer string)
}

func (n *noted) WriteHeader(status int) {
	n.once.Do(func() { n.note(fmt.Sprint(status)) })
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Flush() { n.ResponseWriter.(http.Flusher).Flush() }

// trouble adds what the flags make go wrong.
func (c *serveCommand) trouble(sc *herokusim.Scenario) error {
	for _, text := range c.Fault {
		f, err := herokusim.ParseFault(text)
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		// In front: of two faults at a time the first one holds.
		sc.Faults = append([]herokusim.Fault{f}, sc.Faults...)
	}
	if c.Log != "" {
		l, err := herokusim.ParseLog(c.Log)
		if err != nil {
			return fmt.Errorf("--log: %w", err)
		}
		sc.Log = l
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: write it as in \"127.0.0.1:8080\"", address)
	}
	// It takes any key and tells everything: never for others on the network.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen address %q is not of this machine alone: use 127.0.0.1, [::1] or localhost", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// tell prints the story as it happens, to its end.
func (c *serveCommand) tell(ctx context.Context, out *printer, sim *herokusim.Server, story *herokusim.Story) {
	over := herokusim.Incident{At: story.End, Text: "the story is over: the app stays as it is now"}
	for _, what := range append(story.Telling(), over) {
		if what.At < c.From {
			continue
		}
		select {
		case <-time.After(time.Duration(float64(what.At-sim.Now()) / c.Speed)):
		case <-ctx.Done():
			return
		}
		out.print(event{Event: "story", At: what.At, Text: what.Text})
	}
}

// A variable is one of the environment that clients need.
type variable struct{ name, value string }

// environment is what the gate and the official client take: their address, app and key.
func environment(url, app, key string) []variable {
	return []variable{
		{"HEROKU_HOST", url}, {"HEROKU_APP", app}, {"HEROKU_API_KEY", key},
		{"INPUT_API_URL", url}, {"INPUT_APP", app},
	}
}

func orAny(key string) string {
	if key == "" {
		return "any"
	}
	return key
}

// writeEnv writes the file in one step: when it is there, it is whole.
func writeEnv(file string, env []variable) error {
	var b strings.Builder
	for _, v := range env {
		fmt.Fprintf(&b, "%s=%s\n", v.name, v.value)
	}
	half, err := os.CreateTemp(filepath.Dir(file), ".herokusim-*")
	if err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	_, err = half.WriteString(b.String())
	if closed := half.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(half.Name(), file)
	}
	if err != nil {
		os.Remove(half.Name())
		return fmt.Errorf("writing the environment: %w", err)
	}
	return nil
}

// An event is what is printed of one moment.
type event struct {
	Event string // story or request
	At    time.Duration
	Text  string
}

// A printer writes for people, or JSON for programs.
type printer struct {
	mu   sync.Mutex
	w    io.Writer
	json bool
}

func (p *printer) print(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.json {
		json.NewEncoder(p.w).Encode(map[string]any{"event": e.Event, "at": e.At.Seconds(), "text": e.Text})
		return
	}
	if e.Event == "request" {
		e.Text = "> " + e.Text
	}
	fmt.Fprintln(p.w, told(herokusim.Incident{At: e.At, Text: e.Text}))
}

// introduce tells how clients find the server.
func (p *printer) introduce(env []variable, story *herokusim.Story, cert string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	named := map[string]string{}
	for _, v := range env {
		named[v.name] = v.value
	}
	url, app, key := named["HEROKU_HOST"], named["HEROKU_APP"], named["HEROKU_API_KEY"]
	if p.json {
		json.NewEncoder(p.w).Encode(map[string]any{
			"event": "ready", "address": url, "app": app, "about": story.Scenario.About,
			"gate": story.Gate.Seconds(), "end": story.End.Seconds(), "env": named,
		})
		return
	}
	fmt.Fprintf(p.w, `%s

  address  %s
  app      %s

for the gate (start it at %s of the story):

  env INPUT_API_URL=%s INPUT_APP=%s HEROKU_API_KEY=%s rollout-gate

with a command that deploys, which has to begin before 0s (serve with --from=-10s --wait):

  env INPUT_API_URL=%[5]s INPUT_APP=%[6]s HEROKU_API_KEY=%[7]s rollout-gate -- true

for the official heroku command:

  env HEROKU_HOST=%s HEROKU_API_KEY=%s heroku ps --app %s

`, story.Scenario.About, url, app, story.Gate, url, app, key, url, key, app)
	if cert != "" {
		fmt.Fprintf(p.w, "both have to trust the certificate:\n\n  SSL_CERT_FILE=%s for the gate, NODE_EXTRA_CA_CERTS=%s for heroku\n\n", cert, cert)
	}
}
