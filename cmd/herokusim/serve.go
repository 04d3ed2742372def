// The command serve: it listens, prints the story as it happens, and tells other programs the address.

package main

import (
	"context"
	"crypto/tls"
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

// serving has the flags of serve and account.
type serving struct {
	Listen  string        `default:"127.0.0.1:0" placeholder:"ADDRESS" help:"Loopback address; with port 0 (${default}) a free one is taken."`
	Speed   float64       `default:"1" placeholder:"N" help:"Seconds of the story in a second (${default})."`
	From    time.Duration `placeholder:"TIME" help:"Time of the story to begin at; may be negative."`
	TLS     string        `name:"tls" placeholder:"FOLDER" help:"Answer by HTTPS, with cert.pem and key.pem of the folder."`
	Key     string        `help:"The one API key that is right; any is unless this is given."`
	Fault   []string      `sep:"none" placeholder:"FAULT" help:"Make the API answer badly, as in 'status: 503, path: /dynos, from: 30s, to: 90s'; may be repeated. See faults."`
	Log     string        `placeholder:"TROUBLE" help:"Make the log misbehave, as in 'refused: 403' or 'cut: 20s'. See faults."`
	JSON    bool          `name:"json" help:"Print JSON, an object a line: the first is \"ready\", with address and environment."`
	EnvFile string        `placeholder:"FILE" help:"Write the environment to FILE when the server is ready; it is removed at the end."`
}

type serveCommand struct {
	Scenario string `arg:"" help:"A name from list, or a YAML file."`
	serving  `embed:""`
	Wait     bool `help:"Begin with the first request."`
	Requests bool `help:"Print every request, too."`
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, stdout io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	story, err := play(c.Scenario, c.trouble)
	if err != nil {
		return err
	}
	sim := herokusim.NewServer(story, c.options())
	out := &printer{w: stdout, json: c.JSON}
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { sim.Begin(); close(begun) })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin()
		if c.Requests {
			out.logRequests(sim, sim).ServeHTTP(w, r)
			return
		}
		sim.ServeHTTP(w, r)
	})
	return c.serve(ctx, handler, func(address, cert string) []variable {
		env := environment(address, story.Scenario.AppName(), orAny(c.Key))
		out.introduce(env, story, cert)
		return env
	}, func() {
		if !c.Wait {
			begin()
		}
		select {
		case <-begun:
			c.printStory(ctx, out, sim, story)
		case <-ctx.Done():
		}
	})
}

func (c *serving) check() error {
	if !(c.Speed > 0) || math.IsInf(c.Speed, 0) {
		return fmt.Errorf("speed is %g: give a number above zero", c.Speed)
	}
	return nil
}

func (c *serving) options() herokusim.Options {
	return herokusim.Options{Speed: c.Speed, From: c.From, Key: c.Key}
}

// serve answers requests until ctx ends. When it listens, it calls ready, which prints how to reach the
// server and returns the environment for clients. Then it calls meanwhile.
func (c *serving) serve(ctx context.Context, handler http.Handler, ready func(address, cert string) []variable, meanwhile func()) error {
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
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
	env := ready(scheme+"://"+listener.Addr().String(), cert)
	if c.EnvFile != "" {
		if err := writeEnv(c.EnvFile, env); err != nil {
			return err
		}
		defer os.Remove(c.EnvFile)
	}
	meanwhile()
	select {
	case <-ctx.Done():
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	}
	return server.Close()
}

// trouble adds the faults of the flags to a scenario.
func (c *serving) trouble(sc *herokusim.Scenario) error {
	for _, text := range c.Fault {
		f, err := herokusim.ParseFault(text)
		if err != nil {
			return fmt.Errorf("--fault: %w", err)
		}
		// In front of those of the scenario: if two faults match a request, the first one counts.
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
	// Never serve others on the network: the server accepts any key.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen address %q is not of this machine alone: use 127.0.0.1, [::1] or localhost", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// printStory prints the story as it happens.
func (c *serveCommand) printStory(ctx context.Context, out *printer, sim *herokusim.Server, story *herokusim.Story) {
	over := herokusim.Incident{At: story.End, Text: "the story is over: the app stays as it is now"}
	for _, incident := range append(story.Telling(), over) {
		if incident.At < c.From {
			continue
		}
		select {
		case <-time.After(time.Duration(float64(incident.At-sim.Now()) / c.Speed)):
		case <-ctx.Done():
			return
		}
		out.print(event{Event: "story", At: incident.At, Text: incident.Text})
	}
}

// A variable is an environment variable for clients.
type variable struct{ name, value string }

// environment has the address, the app and the key, for the official client and for the gate.
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

// writeEnv writes a temporary file and renames it, so that nobody reads half of it.
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
