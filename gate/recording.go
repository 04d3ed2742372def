// Recordings: a run as one JSON object a line, first the configuration, then
// every observation. A recording replays to the same verdict.

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

// recordingFormat is written into the first line; a change that older programs
// cannot read raises it.
const recordingFormat = 1

// header is the first line of a recording.
type header struct {
	Recording int            `json:"rolloutGateRecording"`
	Program   string         `json:"program,omitempty"` // the version that records
	Config    rollout.Config `json:"config"`
	// Watch is set in the recording of a watch that begins before a deploy.
	Watch *aheadOf `json:"watch,omitempty"`
}

// maxRecording is how long a recording becomes at most. A wait of an hour on a busy app is
// a few MiB; what is longer comes of a platform or an app out of its mind.
const maxRecording = 64 << 20

// stoppedLine begins the last line of a recording that became too long.
const stoppedLine = `{"recordingStopped":`

// recorder writes observations as they arrive.
type recorder struct {
	file    *os.File
	buf     *bufio.Writer
	key     []byte // as it stands in JSON; it is taken out wherever others have put it
	length  int
	longest int  // how long it becomes at most
	full    bool // it became too long
	err     error
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
	r := &recorder{file: f, buf: bufio.NewWriter(f), longest: maxRecording, key: bytes.Trim(quoted, `"`)}
	h.Recording = recordingFormat
	r.write(h)
	return r, nil
}

// createRecording makes the file, for its owner alone. The program may be root, and others
// may have been in the folder before it: it writes to what is at the path itself, and never
// to where a link there leads.
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
	if err := takeOver(f, path, isNew); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// takeOver empties a file that was there, and lets nobody read it but its owner.
func takeOver(f *os.File, path string, isNew bool) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Lstat(path); err != nil || !os.SameFile(there, opened) {
		return errors.New("something else was put in its place just now")
	}
	if !opened.Mode().IsRegular() {
		return nil // a device is as it is
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
		if r.length+len(data) > r.longest {
			r.full = true
			data = fmt.Appendf(nil, "%s%d}\n", stoppedLine, r.length)
		}
		r.length += len(data)
		_, err = r.buf.Write(data)
	}
	if err == nil {
		err = r.buf.Flush() // a run that is killed leaves a whole recording
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
		return fmt.Errorf("the recording was stopped when it was %d MiB long: what came later is not in it", r.longest>>20)
	}
	return nil
}

// replay reads a recording and folds it again: see is shown each observation, and then update what it
// came to. Where it cannot, it says which version could.
func replay(in io.Reader, version string, see func(observe.Observation), update func(rollout.Picture), debug *watch.Debug) (picture rollout.Picture, verdict rollout.Verdict, err error) {
	r := &replayer{see: see, update: update, debug: debug}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		r.line++
		if err := r.take(lines.Bytes()); err != nil {
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
	program string // which recorded
	line    int
	cfg     rollout.Config
	core    *rollout.Rollout
	at      time.Duration
	ended   int // the line that brought the verdict; 0 before
	picture rollout.Picture
	verdict rollout.Verdict
}

// take reads one line. Its error ends a sentence that begins with the line's number.
func (r *replayer) take(line []byte) error {
	if r.core == nil {
		return r.begin(line)
	}
	if r.ended > 0 {
		return fmt.Errorf("comes after the verdict, which is in line %d: the file holds more than one run", r.ended)
	}
	if bytes.HasPrefix(line, []byte(stoppedLine)) {
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

// readHeader reads the first line. Its error ends a sentence that begins with that.
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

// programForm is how a program names its version. What is written otherwise is quoted.
var programForm = regexp.MustCompile(`^[\w.+(), -]*$`)

// recordedBy names the program that recorded, if it is another than this one.
func (r *replayer) recordedBy(version string) string {
	program := r.program[:min(80, len(r.program))]
	switch {
	case program == "" || program == version:
		return ""
	case !programForm.MatchString(program):
		program = strconv.Quote(program)
	}
	return fmt.Sprintf(" (recorded by rollout-gate %s; this is %s)", program, cmp.Or(version, "another version"))
}

// apply judges an observation. What was a bug in the run is one here, too.
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
