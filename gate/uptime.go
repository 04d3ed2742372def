// How long this machine has been up: a clock that two processes on the machine share, and that nobody can set.

package gate

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// uptime returns an id of this machine's boot and the time since then. It works on Linux only. In a container
// it returns the values of the machine.
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
