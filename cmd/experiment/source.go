// The test app as an archive: what Heroku builds. The program carries it.

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

//go:embed all:app
var app embed.FS

// behaviour is how one version of the plan's app behaves.
func (p *Plan) behaviour(code int) herokusim.Behaviour {
	b := herokusim.Behaviour{Code: code, Lines: p.Lines / max(sum(p.Types), 1), Crashes: p.Crashes && code > 1}
	if p.Stop > 0 {
		b.Stop = new(p.Stop.Seconds())
	}
	if p.ReleasePhase != "" {
		b.Release = &herokusim.Duty{Seconds: 5, Fails: p.ReleasePhase == "fails" && code > 1}
	}
	return b
}

// source makes the archive of one version of the plan's app, a gzipped tar. commit is its fingerprint, in the form of a
// commit of git: the label of its build. The same version makes the same archive. In memory no write fails.
func (p *Plan) source(code int) (archive []byte, commit string) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	behaviour, _ := json.Marshal(p.behaviour(code)) // numbers and booleans: it never fails
	files := map[string][]byte{"behaviour.json": behaviour, "Procfile": []byte(p.procfile())}
	for _, name := range []string{"app.py", ".python-version", "requirements.txt"} {
		files[name], _ = app.ReadFile("app/" + name)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0)})
		_, _ = w.Write(files[name])
	}
	_, _ = w.Close(), zip.Close()
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(sum[:20])
}

func (p *Plan) procfile() string {
	var b strings.Builder
	for _, t := range slices.Sorted(maps.Keys(p.Types)) {
		fmt.Fprintf(&b, "%s: python app.py\n", t)
	}
	if p.ReleasePhase != "" {
		fmt.Fprintln(&b, "release: python app.py release")
	}
	return b.String()
}
