// The gate finds the recording of watch-ahead, and checks whether it can be used.

package gate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"heroku-rollout-gate/gate/observe"
)

// containerTemp is the path of the runner's temporary folder inside a container action, whatever RUNNER_TEMP says
// (https://github.com/actions/runner, src/Runner.Worker/Handlers/ContainerActionHandler.cs).
const containerTemp = "/github/runner_temp"

// findHeadStart finds the watch that began before the deploy, and writes the line about it for the log.
func (c *Command) findHeadStart(s *settings) *headStart {
	e, err := c.findAhead(s.App, s.apiURL)
	switch {
	case errors.Is(err, errNoWatch):
		for _, folder := range c.aheadFolders() {
			if why := whyNotWatched(folder, s.App); why != "" {
				return &headStart{note: "warning: the app was not watched before the deploy: " + why}
			}
		}
		return &headStart{}
	case err != nil:
		return &headStart{note: fmt.Sprintf("warning: the watch that was begun before the deploy is not used: %v", err)}
	}
	return &headStart{earlier: e, note: fmt.Sprintf("continuing the watch that began %s ago, before the deploy", observe.Span(e.now))}
}

// errNoWatch: nobody started watch-ahead. This is the usual case and needs no message.
var errNoWatch = errors.New("no watch was begun before the deploy")

// findAhead finds the watch of the app. The error says why there is none, or why it cannot be used.
func (c *Command) findAhead(app, apiURL string) (*earlierWatch, error) {
	here, err := c.origin(apiURL)
	if err != nil {
		return nil, errNoWatch // watch-ahead needs the same values, so it cannot have started here
	}
	for _, folder := range c.aheadFolders() {
		e, err := openAhead(aheadPath(folder, app))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		e.uptime = c.uptime
		if err := e.read(app, here); err != nil {
			e.stop()
			return nil, err
		}
		return e, nil
	}
	return nil, errNoWatch
}

// aheadFolders returns the folders in which the recording can be.
func (c *Command) aheadFolders() []string {
	if temp := c.Getenv("RUNNER_TEMP"); temp != "" && temp != containerTemp {
		return []string{temp, containerTemp}
	}
	return []string{containerTemp}
}

// openAhead opens a recording. It refuses anything that is no regular file, or is too long.
func openAhead(path string) (*earlierWatch, error) {
	there, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !there.Mode().IsRegular():
		return nil, fmt.Errorf("%q is no file", path)
	case there.Size() > 2*maxAhead:
		return nil, fmt.Errorf("its recording is %d MiB long", there.Size()>>20)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &earlierWatch{path: path, file: file, renew: make(chan struct{}, 1)}, nil
}

// read reads the whole recording once to check it. The gate uses nothing of a recording that has an error.
func (e *earlierWatch) read(app string, here origin) error {
	lines := bufio.NewReaderSize(e.file, 64<<10)
	header, err := lines.ReadBytes('\n')
	if err != nil {
		return errors.New("its recording has no first line")
	}
	h, err := readHeader(header)
	switch {
	case err != nil:
		return fmt.Errorf("its recording cannot be read: line 1 %w", err)
	case h.Watch == nil || !h.Config.HeadStart:
		return errors.New("its recording is that of a gate")
	case h.Config.App != app:
		return fmt.Errorf("it is of app %q", h.Config.App)
	case h.Watch.Boot != here.Boot:
		return errors.New("it was begun on another machine, or before this one was started anew")
	case h.Watch.Run != here.Run:
		return errors.New("it was begun by another run of the workflow")
	case h.Watch.API != here.API:
		return errors.New("it was begun with another api-url")
	}
	e.begun, e.headerLength = h.Watch.Up, int64(len(header))
	e.length, e.now, e.beat = e.headerLength, here.Up-e.begun, e.begun
	return e.check(lines, here.Up)
}

// check reads the lines after the header. up is how long the machine has been up.
func (e *earlierWatch) check(lines *bufio.Reader, up time.Duration) error {
	last := time.Duration(0)
	for n := 2; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break // the watch is still writing the rest of the line
		}
		if err != nil {
			return fmt.Errorf("reading its recording: %w", err)
		}
		e.length += int64(len(line))
		o, err := e.readLine(line)
		switch {
		case errors.Is(err, errTooLong): // the lines before can be used
			e.beat = e.begun
			e.now = max(e.now, last)
			return nil
		case err != nil:
			return fmt.Errorf("its recording cannot be read: line %d %w", n, err)
		case o == nil:
			continue
		case o.At < last:
			return fmt.Errorf("its recording cannot be read: line %d goes back in time, from %s to %s", n, last, o.At)
		case o.Begin || o.End != "":
			return fmt.Errorf("its recording cannot be read: line %d is that of a gate", n)
		}
		last = o.At
	}
	// One second of tolerance: the watch and the gate do not read the clock in the same instant.
	if last > e.now+time.Second || e.beat > up+time.Second {
		return errors.New("it is ahead of this machine's clock")
	}
	e.now = max(e.now, last)
	return nil
}
