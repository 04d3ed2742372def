// How long an instance can hide: the limits of the platform.

package oldcore

import "time"

const (
	// Traffic moves to prebooted dynos at boot timeout + 2 min ("Preboot", Dev
	// Center; changelog item 1121).
	prebootTraffic = 2 * time.Minute
	// The kills begin up to this much later than the traffic moves (measured: first
	// kill 3 min 11 s after a release, S. Dignam, "Heroku Deployment Deception";
	// SIGTERM 4 min 11 s after the boot, heroku/barnes#58).
	prebootDelay = 2 * time.Minute
	// The kills are spread out (measured: 117 s over 10 dynos, Dignam).
	prebootPerDyno = 12 * time.Second
	// SIGKILL comes 30 s after SIGTERM ("Dyno Shutdown Behavior", Dev Center).
	killAfter = 30 * time.Second
	// Without preboot: SIGTERM was captured up to 42 s after the record turned, and
	// SIGKILL 30.2 s after SIGTERM; the rest is slack.
	replaceHold = 90 * time.Second
	// Where dynos are rolled ("Rolling Deploys", Dev Center), an old one leaves the
	// list when it is stopped, and has 30 s then; the rest is slack.
	rollingHold = 60 * time.Second
	// DefaultBootTimeout is the platform's own default ("Error Codes", R10).
	DefaultBootTimeout = 60 * time.Second
	// longestBoot is the longest boot timeout that is believed of a line, in seconds.
	longestBoot = 3600
)

// prebootHold is how long a prebooted-over web dyno can run on, from the creation
// of the newest new web dyno.
func (f *fleet) prebootHold() time.Duration {
	if f.cfg.PrebootHold > 0 {
		return f.cfg.PrebootHold
	}
	boot := f.cfg.BootTimeout
	if boot == 0 {
		boot = DefaultBootTimeout
	}
	boot = max(boot, f.boot)
	return boot + prebootTraffic + prebootDelay + killAfter + time.Duration(f.webCount())*prebootPerDyno
}
