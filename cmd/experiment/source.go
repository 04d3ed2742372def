// The test app as an archive: what Heroku builds. The program carries it.

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

var (
	//go:embed app/app.py
	appProgram []byte
	//go:embed app/.python-version
	appPython []byte
	//go:embed app/requirements.txt
	appRequirements []byte
)

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

// A source is one version of the app.
type source struct {
	archive []byte // gzipped tar
	commit  string // its fingerprint, in the form of a commit of git: the label of its build
}

// checksum is that of the archive, as the Platform API wants it.
func (s source) checksum() string {
	sum := sha256.Sum256(s.archive)
	return "SHA256:" + hex.EncodeToString(sum[:])
}

// source makes the archive of one version of the plan's app. The same version makes the same archive.
func (p *Plan) source(code int) source {
	behaviour, _ := json.Marshal(p.behaviour(code)) // numbers and booleans: it never fails
	archive := pack(map[string][]byte{
		"app.py": appProgram, ".python-version": appPython, "requirements.txt": appRequirements,
		"behaviour.json": behaviour, "Procfile": []byte(p.procfile()),
	})
	sum := sha256.Sum256(archive)
	return source{archive: archive, commit: hex.EncodeToString(sum[:20])}
}

// procfile is what the app's process types run.
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

// pack makes an archive in memory, where no write fails.
func pack(files map[string][]byte) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0)})
		_, _ = w.Write(files[name])
	}
	_, _ = w.Close(), zip.Close()
	return b.Bytes()
}
