// Recordings of runs. Each line is a JSON object: first the configuration, then every observation. Replaying a
// recording gives the same verdict.

package gate

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// recordingFormat is in the first line. Raise it with a change that older programs cannot read.
const recordingFormat = 1

// header is the first line of a recording.
type header struct {
	Recording int            `json:"rolloutGateRecording"`
	Program   string         `json:"program,omitempty"` // the version that records
	Config    rollout.Config `json:"config"`
	// Watch is set in the recording of watch-ahead, and only there.
	Watch *origin `json:"watch,omitempty"`
}

// maxRecording is the largest size of a recording, in bytes. A wait of an hour on a busy app is a few MiB, so a
// longer recording means that the platform or the app behaves abnormally.
const maxRecording = 64 << 20

// stoppedPrefix begins the last line of a recording that became too long.
const stoppedPrefix = `{"recordingStopped":`

// recorder writes observations as they arrive.
type recorder struct {
	file      *os.File
	buf       *bufio.Writer
	key       []byte // the API key as JSON writes it; replaced wherever it appears, such as in a release description
	length    int    // in bytes
	maxLength int
	full      bool // the recording became too long
	err       error
}

func newRecorder(path, key string, h header) (*recorder, error) {
	f, err := createRecording(path)
	if err != nil {
		return nil, fmt.Errorf("opening the recording: %w", err)
	}
	quoted, err := json.Marshal(key)
	if err != nil {
		return nil, fmt.Errorf("opening the recording: %w", err)
	}
	r := &recorder{file: f, buf: bufio.NewWriter(f), maxLength: maxRecording, key: bytes.Trim(quoted, `"`)}
	h.Recording = recordingFormat
	r.write(h)
	return r, nil
}

// createRecording creates the file, readable by its owner only. The program may run as root, and others may be
// able to write to the folder. So it never follows a link at the path.
func createRecording(path string) (*os.File, error) {
	before, err := os.Lstat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !isNew:
		return nil, err
	case err == nil && before.Mode()&fs.ModeNamedPipe != 0:
		return nil, errors.New("it is a pipe, which would hold up the gate")
	case err == nil && before.Mode()&fs.ModeSymlink != 0:
		return nil, errors.New("it is a symbolic link, which may lead anywhere: name the file itself")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := emptyForOwner(f, path, isNew); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// emptyForOwner empties the file, and lets only its owner read it.
func emptyForOwner(f *os.File, path string, isNew bool) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Lstat(path); err != nil || !os.SameFile(there, opened) {
		return errors.New("something else was put in its place just now")
	}
	if !opened.Mode().IsRegular() {
		return nil // a device, such as /dev/null: leave its permissions alone
	}
	if isNew {
		giveToOwnerOfFolder(f, path)
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	return f.Chmod(0o600)
}

func (r *recorder) write(v any) {
	if r.err != nil || r.full {
		return
	}
	data, err := json.Marshal(v)
	if err == nil {
		data = append(bytes.ReplaceAll(data, r.key, []byte("[api-key]")), '\n')
		if r.length+len(data) > r.maxLength {
			r.full = true
			data = fmt.Appendf(nil, "%s%d}\n", stoppedPrefix, r.length)
		}
		r.length += len(data)
		_, err = r.buf.Write(data)
	}
	if err == nil {
		err = r.buf.Flush() // so that the recording is complete even if the run is killed
	}
	r.err = err
}

func (r *recorder) observe(o observe.Observation) { r.write(o) }

func (r *recorder) close() error {
	if err := r.file.Close(); r.err == nil && err != nil {
		r.err = err
	}
	switch {
	case r.err != nil:
		return fmt.Errorf("writing the recording: %w", r.err)
	case r.full:
		return fmt.Errorf("the recording was stopped when it was %d MiB long: what came later is not in it", r.maxLength>>20)
	}
	return nil
}

// replayRecording reads a recording and judges its observations again. It calls see with each observation, and
// then update with the picture. If it cannot read the recording, the error names the version that wrote it.
func replayRecording(in io.Reader, version string, see func(observe.Observation), update func(rollout.Picture), debug *watch.Debug) (picture rollout.Picture, verdict rollout.Verdict, err error) {
	r := &replayer{see: see, update: update, debug: debug}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		r.line++
		if err := r.readLine(lines.Bytes()); err != nil {
			return picture, verdict, fmt.Errorf("line %d %w%s", r.line, err, r.recordedBy(version))
		}
	}
	switch {
	case lines.Err() != nil:
		return picture, verdict, fmt.Errorf("line %d cannot be read: %w", r.line+1, lines.Err())
	case r.core == nil:
		return picture, verdict, errors.New("the recording is empty: not even line 1 is there")
	case r.ended == 0:
		return picture, verdict, fmt.Errorf("the recording ends at line %d without a verdict: the run was cut off", r.line)
	}
	return r.picture, r.verdict, nil
}

// replayer is the state of one replay.
type replayer struct {
	see     func(observe.Observation)
	update  func(rollout.Picture)
	debug   *watch.Debug
	program string // the version that recorded
	line    int    // the number of the current line, from 1
	cfg     rollout.Config
	core    *rollout.Rollout
	at      time.Duration // of the last observation
	ended   int           // the line that led to the verdict; 0: there is no verdict yet
	picture rollout.Picture
	verdict rollout.Verdict
}

// readLine reads one line. The caller puts "line N" before its error.
func (r *replayer) readLine(line []byte) error {
	if r.core == nil {
		return r.begin(line)
	}
	if r.ended > 0 {
		return fmt.Errorf("comes after the verdict, which is in line %d: the file holds more than one run", r.ended)
	}
	if bytes.HasPrefix(line, []byte(stoppedPrefix)) {
		return fmt.Errorf("says that the recording was stopped there, as it was %d MiB long: it has no verdict", maxRecording>>20)
	}
	var o observe.Observation
	if err := decode(line, &o); err != nil {
		return fmt.Errorf("is not an observation: %w", err)
	}
	if o.At < r.at {
		return fmt.Errorf("goes back in time, from %s to %s", r.at, o.At)
	}
	r.at = o.At
	r.apply(o)
	r.update(r.picture)
	return nil
}

func (r *replayer) begin(line []byte) error {
	h, err := readHeader(line)
	r.program = h.Program
	switch {
	case err != nil:
		return err
	case h.Watch != nil:
		return errors.New("says that it is the recording of a watch that begins before a deploy: it has no verdict")
	}
	r.cfg, r.core = h.Config, rollout.New(h.Config)
	return nil
}

// readHeader reads the first line. The caller puts "line 1" before its error.
func readHeader(line []byte) (h header, err error) {
	var first struct {
		Recording int    `json:"rolloutGateRecording"`
		Program   string `json:"program"`
	}
	if err := json.Unmarshal(line, &first); err != nil || first.Recording == 0 {
		return h, errors.New("is not the beginning of a recording")
	}
	h.Program = first.Program
	if first.Recording != recordingFormat {
		return h, fmt.Errorf("says that the recording is of format %d, and this program reads format %d", first.Recording, recordingFormat)
	}
	if err := decode(line, &h); err != nil {
		return h, fmt.Errorf("is not the beginning of a recording: %w", err)
	}
	return h, nil
}

// plainVersion matches versions that can be printed without quotes.
var plainVersion = regexp.MustCompile(`^[\w.+(), -]*$`)

// recordedBy names the version that recorded, if it is another than this one; otherwise it is empty.
func (r *replayer) recordedBy(version string) string {
	program := r.program[:min(80, len(r.program))]
	switch {
	case program == "" || program == version:
		return ""
	case !plainVersion.MatchString(program):
		program = strconv.Quote(program)
	}
	return fmt.Sprintf(" (recorded by rollout-gate %s; this is %s)", program, cmp.Or(version, "another version"))
}

// apply judges an observation. If the core panics, the verdict is that of a bug, as it was in the run.
func (r *replayer) apply(o observe.Observation) {
	defer func() {
		if p := recover(); p != nil {
			r.picture, r.verdict = watch.Broken(r.cfg, p)
			r.ended = r.line
		}
	}()
	r.see(o)
	r.core.Apply(o)
	r.debug.See(&o, r.core)
	r.picture = r.core.Picture()
	if v, done := r.core.Verdict(); done {
		r.verdict, r.ended = v, r.line
	}
}

func decode(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one value in the line")
	}
	return nil
}
