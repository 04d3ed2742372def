// Waiting for an app that does not exist yet, and when its log is opened.

package watch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/observe"
	"heroku-rollout-gate/gate/rollout"
	"heroku-rollout-gate/gate/watch"
)

// late is a platform on which the app exists after a minute.
type late struct {
	*platform
	asked []time.Duration // when the app was asked for
}

// absent is the answer before the app exists.
type absent struct{}

func (absent) Error() string             { return "no such app" }
func (absent) Kind() observe.TroubleKind { return observe.NotFound }

func (l *late) App(ctx context.Context, app string) (observe.Observation, error) {
	l.asked = append(l.asked, time.Since(l.begin))
	if time.Since(l.begin) < time.Minute {
		return observe.Observation{}, absent{}
	}
	return l.platform.App(ctx, app)
}

// opened is a log that records when it was opened.
type opened struct {
	begin time.Time
	at    []time.Duration
}

func (o *opened) Run(ctx context.Context, _ func(observe.Observation)) {
	o.at = append(o.at, time.Since(o.begin))
	<-ctx.Done()
}

func (o *opened) Renew() {}

// The log is opened once: at the start, or as soon as an app exists that the gate waits for. Until then the gate
// asks for nothing else.
func TestTheLogIsOpenedOnceTheAppExists(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		awaits   bool
		interval time.Duration
		asked    int           // how often the gate asks for the app
		opened   time.Duration // when the log is opened
	}{{false, 0, 0, 0}, {true, 0, 7, time.Minute}, {true, 4 * time.Second, 16, time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			p, log := &late{platform: &platform{begin: begin, old: true}}, &opened{begin: begin}
			if !c.awaits {
				p.begin = begin.Add(-time.Hour)
			}
			w := watch.Watcher{
				Platform: p, Log: log, Interval: c.interval,
				Config: rollout.Config{App: "shop", UseLog: true, Timeout: 2 * time.Minute, WaitForApp: c.awaits},
			}
			w.Run(t.Context())
			if len(log.at) != 1 || log.at[0] != c.opened {
				t.Errorf("%+v: the log was opened at %v", c, log.at)
			}
			if c.awaits && (len(p.asked) != c.asked || p.looks[0] != c.opened) {
				t.Errorf("%+v: the app was asked for at %v, and the first look came at %v", c, p.asked, p.looks[0])
			}
		})
	}
}
