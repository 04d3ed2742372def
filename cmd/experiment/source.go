// The test app as an archive: what Heroku builds. It is carried in the program.

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
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed app/app.py app/.python-version app/requirements.txt
var app embed.FS

// behaviour is what the app reads from behaviour.json, and the simulated Heroku, too.
type behaviour struct {
	Code    int      `json:"code"`
	Stop    *float64 `json:"stop,omitempty"`  // seconds; nil: it ends at once
	Lines   int      `json:"lines,omitempty"` // a second, of this process
	Crashes bool     `json:"crashes,omitempty"`
	Release *duty    `json:"release,omitempty"`
}

// duty is what the release phase does.
type duty struct {
	Seconds float64 `json:"seconds"`
	Fails   bool    `json:"fails,omitempty"`
}

// behaviour is how one version of the plan's app behaves.
func (p *Plan) behaviour(code int) behaviour {
	dynos := 0
	for _, n := range p.Types {
		dynos += n
	}
	b := behaviour{Code: code, Lines: p.Lines / max(dynos, 1), Crashes: p.Crashes && code > 1}
	if p.Stop > 0 {
		seconds := p.Stop.Seconds()
		b.Stop = &seconds
	}
	if p.ReleasePhase != "" {
		b.Release = &duty{Seconds: 5, Fails: p.ReleasePhase == "fails" && code > 1}
	}
	return b
}

// A source is the archive of one version of the app.
type source struct {
	archive []byte // gzipped tar
	// commit is its fingerprint, of the form that the commits of git have: the label of its build.
	commit string
}

// checksum is the archive's, in the form in which the Platform API wants it.
func (s source) checksum() string {
	sum := sha256.Sum256(s.archive)
	return "SHA256:" + hex.EncodeToString(sum[:])
}

// source makes the archive of one version of the plan's app. The same version makes the same archive.
func (p *Plan) source(code int) (source, error) {
	set, err := json.Marshal(p.behaviour(code))
	if err != nil {
		return source{}, fmt.Errorf("making the app's source: %w", err)
	}
	files := map[string][]byte{"behaviour.json": set, "Procfile": []byte(p.procfile())}
	for _, name := range []string{"app/app.py", "app/.python-version", "app/requirements.txt"} {
		if files[path.Base(name)], err = app.ReadFile(name); err != nil {
			return source{}, fmt.Errorf("making the app's source: %w", err)
		}
	}
	archive, err := pack(files)
	if err != nil {
		return source{}, fmt.Errorf("making the app's source: %w", err)
	}
	sum := sha256.Sum256(archive)
	return source{archive: archive, commit: hex.EncodeToString(sum[:20])}, nil
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

func pack(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0)}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
