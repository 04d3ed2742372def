// Finding the recording of a watch that began before the deploy, and whether it can be used.

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

// containerTemp is where container actions see the runner's temporary folder, whatever the environment
// says (https://github.com/actions/runner, src/Runner.Worker/Handlers/ContainerActionHandler.cs).
const containerTemp = "/github/runner_temp"

// goOn finds the watch that began before the deploy, and what to tell of it.
func (c *Command) goOn(s *settings) *headStart {
	f, err := c.findAhead(s.App, s.apiURL)
	switch {
	case errors.Is(err, errNotThere):
		for _, folder := range c.aheadFolders() {
			if why := whyNotAhead(folder, s.App); why != "" {
				return &headStart{note: "warning: the app was not watched before the deploy: " + why}
			}
		}
		return &headStart{}
	case err != nil:
		return &headStart{note: fmt.Sprintf("warning: the watch that was begun before the deploy is not used: %v", err)}
	}
	return &headStart{forerunner: f, note: fmt.Sprintf("the watch goes on that began %s ago, before the deploy", observe.Span(f.now))}
}

// errNotThere says that no watch was begun, which is no news.
var errNotThere = errors.New("no watch was begun before the deploy")

// findAhead finds the watch of the app. Its error says why there is none that can be used.
func (c *Command) findAhead(app, apiURL string) (*forerunner, error) {
	here, err := c.here(apiURL)
	if err != nil {
		return nil, errNotThere // nor can one have been begun here
	}
	for _, folder := range c.aheadFolders() {
		f, err := openAhead(aheadPath(folder, app))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.uptime = c.uptime
		if err := f.read(app, here); err != nil {
			f.end()
			return nil, err
		}
		return f, nil
	}
	return nil, errNotThere
}

// aheadFolders are where the recording can be.
func (c *Command) aheadFolders() []string {
	if temp := c.Getenv("RUNNER_TEMP"); temp != "" && temp != containerTemp {
		return []string{temp, containerTemp}
	}
	return []string{containerTemp}
}

// openAhead opens a recording, unless it is something else.
func openAhead(path string) (*forerunner, error) {
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
	return &forerunner{path: path, file: file, renew: make(chan struct{}, 1)}, nil
}

// read reads the recording once, so that nothing of it is used if something in it cannot be.
func (f *forerunner) read(app string, here aheadOf) error {
	lines := bufio.NewReaderSize(f.file, 64<<10)
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
	f.begun, f.headers = h.Watch.Up, int64(len(header))
	f.length, f.now, f.beat = f.headers, here.Up-f.begun, f.begun
	return f.check(lines, here.Up)
}

// check reads the observations.
func (f *forerunner) check(lines *bufio.Reader, up time.Duration) error {
	last := time.Duration(0)
	for n := 2; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break // what is left of a line is still being written
		}
		if err != nil {
			return fmt.Errorf("reading its recording: %w", err)
		}
		f.length += int64(len(line))
		o, err := f.take(line)
		switch {
		case errors.Is(err, errTooLong): // what came until then is used
			f.beat = f.begun
			f.now = max(f.now, last)
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
	// The two clocks are read one after the other, and not in the same instant.
	if last > f.now+time.Second || f.beat > up+time.Second {
		return errors.New("it is ahead of this machine's clock")
	}
	f.now = max(f.now, last)
	return nil
}
