// How long this machine has been up: the clock that two processes on it share, and that nobody sets.

package gate

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// uptime names the boot of this machine and tells how long ago that was. It is there on Linux, also in
// containers, which see that of the machine.
func (c *Command) uptime() (boot string, up time.Duration, err error) {
	if c.Uptime != nil {
		return c.Uptime()
	}
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0, err
	}
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return "", 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil || seconds <= 0 {
		return "", 0, fmt.Errorf("/proc/uptime says %q, which is no time", first)
	}
	if boot = strings.TrimSpace(string(id)); boot == "" {
		return "", 0, errors.New("/proc/sys/kernel/random/boot_id is empty")
	}
	return boot, time.Duration(seconds * float64(time.Second)), nil
}
