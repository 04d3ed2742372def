// Uploaded sources: what the tarball says about the processes, and what its build prints.

package herokusim

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The limits of an upload. Sizes are in bytes.
const (
	maxUpload  = 16 << 20
	maxUnpack  = 64 << 20
	maxEntries = 10_000
	maxText    = 64 << 10 // of each file
)

// A Behaviour is the file behaviour.json, beside the Procfile. It says how the processes of a
// source behave. Every field is optional. The experiment's real app reads the same file, so
// that it does the same.
//
// If Code is set, each process prints one line a second on its standard output, from a moment
// after its start line on:
//
//	alive code=2 process=5f0c2a9be1d34b77 dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z
//
// At SIGTERM it prints such a line that begins with "sigterm" instead of "alive". The process
// is Instance.Process; n counts the lines of both kinds from 0.
type Behaviour struct {
	// Code is the version of the code, from 1 on. Zero: the processes print nothing.
	Code int `json:"code"`
	// Stop is how many seconds a process lives after SIGTERM. With 30 or more it is killed.
	// Nil: as the template says, by default 0.15 s.
	Stop *float64 `json:"stop"`
	// Lines is how many further lines a second each process prints. They begin with
	// "padding".
	Lines int `json:"lines"`
	// Crashes ends each process by itself, with status 1, at the time when it would be up.
	Crashes bool `json:"crashes"`
	// Build and Release describe the build and the release phase. There is a release phase
	// only with a line "release:" in the Procfile. Without Release it takes 5 s.
	Build   *Duty `json:"build"`
	Release *Duty `json:"release"`
}

// A Duty is how long a build or a release phase takes, and whether it fails.
type Duty struct {
	Seconds float64 `json:"seconds"`
	Fails   bool    `json:"fails"`
}

const (
	maxSeconds = 7200
	maxPadding = 10_000
)

func (b Behaviour) check() error {
	bad := func(seconds float64) bool { return !(seconds >= 0 && seconds <= maxSeconds) }
	switch {
	case b.Code < 0:
		return fmt.Errorf("behaviour.json: code is %d: give a number from 1 on", b.Code)
	case b.Lines < 0 || b.Lines > maxPadding || b.Lines > 0 && b.Code == 0:
		return fmt.Errorf("behaviour.json: lines is %d: give 0 to %d, and a code", b.Lines, maxPadding)
	case b.Stop != nil && bad(*b.Stop), b.Build != nil && bad(b.Build.Seconds), b.Release != nil && bad(b.Release.Seconds):
		return fmt.Errorf("behaviour.json: seconds are 0 to %d", maxSeconds)
	}
	return nil
}

func (b Behaviour) stop() *time.Duration {
	if b.Stop == nil {
		return nil
	}
	stop := seconds(*b.Stop)
	return &stop
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// A source is what a tarball says. It does not change.
type source struct {
	url, version, checksum string
	language               string            // empty: no buildpack accepts it
	types                  map[string]string // the command of each process type
	release                string            // the command of the release phase
	behaviour              Behaviour
	bad                    string // why no build can succeed; empty: it can
}

// commit is the name of the code: the version that its sender gave it, or a part of its checksum.
func (s *source) commit() string { return orElse(s.version, s.checksum[:40]) }

// languages are the files by which buildpacks recognise a source, in the order in which Heroku
// tries them (Dev Center, "Buildpacks").
var languages = []struct{ file, language, buildpack string }{
	{"Gemfile", "Ruby", "ruby"}, {"package.json", "Node.js", "nodejs"}, {"requirements.txt", "Python", "python"}, {"Pipfile", "Python", "python"},
	{"poetry.lock", "Python", "python"}, {"uv.lock", "Python", "python"}, {"composer.json", "PHP", "php"}, {"go.mod", "Go", "go"},
}

var declared = regexp.MustCompile(`^([A-Za-z0-9_-]{1,128}):\s*(.+?)\s*$`)

// readSource reads a tarball. If it is invalid, its build fails, as on Heroku.
func readSource(tarball []byte) *source {
	sum := sha256.Sum256(tarball)
	s := &source{checksum: hex.EncodeToString(sum[:]), types: map[string]string{}}
	files, err := unpack(tarball)
	if err != nil {
		s.bad = err.Error()
		return s
	}
	for _, l := range slices.Backward(languages) {
		if _, ok := files[l.file]; ok {
			s.language = l.language
		}
	}
	if s.language == "" {
		s.bad = "No default language could be detected for this app."
	}
	for line := range strings.Lines(files["Procfile"]) {
		m := declared.FindStringSubmatch(strings.TrimSpace(line))
		switch {
		case m == nil:
		case m[1] == "release":
			s.release = m[2]
		default:
			s.types[m[1]] = m[2]
		}
	}
	if text, ok := files["behaviour.json"]; ok {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&s.behaviour); err != nil {
			s.bad = "behaviour.json: " + err.Error()
		} else if err := s.behaviour.check(); err != nil {
			s.bad = err.Error()
		}
	}
	return s
}

// unpack returns the files at the top of a tarball, each with its text, at most maxText.
func unpack(tarball []byte) (map[string]string, error) {
	zipped, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return nil, fmt.Errorf("the source is no gzipped tarball: %w", err)
	}
	files := map[string]string{}
	whole := &io.LimitedReader{R: zipped, N: maxUnpack}
	for archive, n := tar.NewReader(whole), 0; ; n++ {
		header, err := archive.Next()
		switch {
		case err == io.EOF:
			return files, nil
		case whole.N <= 0 || n >= maxEntries:
			return nil, fmt.Errorf("the source is too large: %d MB unpacked and %d files are the most", maxUnpack>>20, maxEntries)
		case err != nil:
			return nil, fmt.Errorf("the source is no gzipped tarball: %w", err)
		}
		name := path.Clean(header.Name)
		if header.Typeflag != tar.TypeReg || strings.Contains(name, "/") {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(archive, maxText))
		if err != nil {
			return nil, fmt.Errorf("the source is no gzipped tarball: %w", err)
		}
		files[name] = string(text)
	}
}

// says is the output of the build.
func (s *source) says(stack string, fails bool) []string {
	lines := []string{"-----> Building on the Heroku-" + strings.TrimPrefix(stack, "heroku-") + " stack"}
	if s.language == "" {
		return append(lines, "-----> Determining which buildpack to use for this app", " !     "+s.bad, " !     Push failed")
	}
	lines = append(lines, "-----> Determining which buildpack to use for this app", "-----> "+s.language+" app detected")
	switch {
	case s.bad != "":
		return append(lines, " !     "+s.bad, " !     Push failed")
	case fails:
		return append(lines, " !     The build was told to fail.", " !     Push failed")
	}
	names := strings.Join(slices.Sorted(maps.Keys(s.types)), ", ")
	return append(lines, "-----> Discovering process types", "       Procfile declares types -> "+orElse(names, "(none)"), "-----> Compressing...", "       Done: 1M", "-----> Launching...")
}

// phase is the release phase of this code; nil if there is none.
func (s *source) phase() *Phase {
	if s == nil || s.release == "" {
		return nil
	}
	duty := Duty{Seconds: 5}
	if s.behaviour.Release != nil {
		duty = *s.behaviour.Release
	}
	return &Phase{Takes: seconds(orElse(duty.Seconds, 5)), Fails: duty.Fails, Output: fmt.Sprintf("release phase of code %d\n", s.behaviour.Code)}
}
