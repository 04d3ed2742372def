// What serve and account print, as text or as JSON.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// An event is a line of the output.
type event struct {
	Event string // story or request
	At    time.Duration
	Text  string
}

// A printer writes text for people or JSON for programs.
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
	fmt.Fprintln(p.w, incidentLine(herokusim.Incident{At: e.At, Text: e.Text}))
}

// logRequests prints every request with the status of its answer.
func (p *printer) logRequests(sim interface{ Now() time.Duration }, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &statusWriter{ResponseWriter: w, log: func(answer string) {
			p.print(event{Event: "request", At: sim.Now(), Text: r.Method + " " + r.URL.RequestURI() + " -> " + answer})
		}}
		defer s.once.Do(func() { s.log("no answer") })
		handler.ServeHTTP(s, r)
	})
}

// introduce prints how clients reach the server.
func (p *printer) introduce(env []variable, story *herokusim.Story, cert string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := byName(env)
	url, app, key := names["HEROKU_HOST"], names["HEROKU_APP"], names["HEROKU_API_KEY"]
	if p.json {
		json.NewEncoder(p.w).Encode(map[string]any{
			"event": "ready", "address": url, "app": app, "about": story.Scenario.About,
			"gate": story.Gate.Seconds(), "end": story.End.Seconds(), "env": names,
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
	p.trust(cert)
}

// trust prints what clients need to trust the certificate, if the server uses HTTPS.
func (p *printer) trust(cert string) {
	if cert != "" {
		fmt.Fprintf(p.w, "both have to trust the certificate:\n\n  SSL_CERT_FILE=%s for the gate, NODE_EXTRA_CA_CERTS=%s for heroku\n\n", cert, cert)
	}
}

// byName turns the environment into a map.
func byName(env []variable) map[string]string {
	names := map[string]string{}
	for _, v := range env {
		names[v.name] = v.value
	}
	return names
}

// A statusWriter logs the status of an answer when the answer begins.
type statusWriter struct {
	http.ResponseWriter
	once sync.Once
	log  func(answer string)
}

func (s *statusWriter) WriteHeader(status int) {
	s.once.Do(func() { s.log(fmt.Sprint(status)) })
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusWriter) Flush() { s.ResponseWriter.(http.Flusher).Flush() }
