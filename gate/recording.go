// Recordings: a run as one JSON object a line, first the configuration, then
// every observation. A recording replays to the same verdict.

package gate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"heroku-rollout-gate/gate/rollout"
)

// recordingFormat is written into the first line; a change that older programs
// cannot read raises it.
const recordingFormat = 1

// header is the first line of a recording.
type header struct {
	Recording int            `json:"rolloutGateRecording"`
	Config    rollout.Config `json:"config"`
}

// recorder writes observations as they arrive.
type recorder struct {
	file *os.File
	buf  *bufio.Writer
	err  error
}

func newRecorder(path string, cfg rollout.Config) (*recorder, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the recording: %w", err)
	}
	r := &recorder{file: f, buf: bufio.NewWriter(f)}
	r.write(header{Recording: recordingFormat, Config: cfg})
	return r, nil
}

func (r *recorder) write(v any) {
	if r.err != nil {
		return
	}
	data, err := json.Marshal(v)
	if err == nil {
		_, err = r.buf.Write(append(data, '\n'))
	}
	if err == nil && len(data) > 0 {
		err = r.buf.Flush() // a run that is killed leaves a whole recording
	}
	r.err = err
}

func (r *recorder) observe(o rollout.Observation) { r.write(o) }

func (r *recorder) close() error {
	if err := r.file.Close(); r.err == nil && err != nil {
		r.err = err
	}
	if r.err != nil {
		return fmt.Errorf("writing the recording: %w", r.err)
	}
	return nil
}

// replay reads a recording and folds it again, calling update after each observation.
func replay(in io.Reader, update func(rollout.Picture)) (rollout.Picture, rollout.Verdict, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	var core *rollout.Rollout
	n := 0
	for lines.Scan() {
		n++
		if core == nil {
			var h header
			if err := decode(lines.Bytes(), &h); err != nil || h.Recording != recordingFormat {
				return rollout.Picture{}, rollout.Verdict{}, fmt.Errorf("line 1 is not the beginning of a recording of format %d", recordingFormat)
			}
			core = rollout.New(h.Config)
			continue
		}
		if _, done := core.Verdict(); done {
			return rollout.Picture{}, rollout.Verdict{}, fmt.Errorf("line %d comes after the verdict: the file holds more than one run", n)
		}
		var o rollout.Observation
		if err := decode(lines.Bytes(), &o); err != nil {
			return rollout.Picture{}, rollout.Verdict{}, fmt.Errorf("line %d is not an observation: %w", n, err)
		}
		core.Apply(o)
		update(core.Picture())
	}
	switch {
	case lines.Err() != nil:
		return rollout.Picture{}, rollout.Verdict{}, fmt.Errorf("reading line %d: %w", n+1, lines.Err())
	case core == nil:
		return rollout.Picture{}, rollout.Verdict{}, fmt.Errorf("the recording is empty")
	}
	v, done := core.Verdict()
	if !done {
		return rollout.Picture{}, rollout.Verdict{}, fmt.Errorf("the recording ends at line %d without a verdict: the run was cut off", n)
	}
	return core.Picture(), v, nil
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
