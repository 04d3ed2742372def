// However a run ends, nothing is left on the simulated Heroku: it cleans up, or the next run does.

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heroku-rollout-gate/gate/herokusim"
)

// mortal carries requests until the machine is dead.
type mortal struct {
	http.RoundTripper
	dead atomic.Bool
	// answerless is a request whose answer never comes: the machine dies.
	answerless string
}

var errDead = errors.New("connect: network is unreachable")

func (m *mortal) RoundTrip(req *http.Request) (*http.Response, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	res, err := m.RoundTripper.RoundTrip(req)
	if m.answerless == req.Method+" "+req.URL.Path {
		m.dead.Store(true)
		return nil, errDead
	}
	return res, err
}

// quick is a plan that is soon over.
func quick(t *testing.T) *Plan {
	t.Helper()
	p, err := parsePlan("quick", []byte("about: It is soon over.\nasks: nothing\ntypes: {web: 1}\npreboot: true"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stepsToLeave are lines of the progress, at which a run is left.
var stepsToLeave = []string{
	"upload code 1", "build code 1", "code 1 is release", "all dynos are up", "upload code 2", "build code 2", "code 2 is release", "the gate from before",
}

// leaveAt calls leave when the progress has a line.
func leaveAt(e *experiment, line string, leave func()) {
	e.out = &leaver{e.out, line, sync.OnceFunc(leave)}
}

type leaver struct {
	io.Writer
	line  string
	leave func()
}

func (l *leaver) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.line) {
		l.leave()
	}
	return l.Writer.Write(p)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, at := range stepsToLeave {
		synctest.Test(t, func(t *testing.T) {
			pl := prepareNoted(t, quick(t))
			ctx, interrupt := context.WithCancel(t.Context())
			leaveAt(pl.e, at, interrupt)
			_, err := pl.e.play(ctx)
			if err == nil || err.Error() != "it was interrupted" {
				t.Errorf("%v: %v", at, err)
			}
			checkGone(t, pl)
			checkNotes(t, pl.world.notes, 0)
			if len(pl.account.Apps()) != 1 || !strings.Contains(pl.out.String(), "is deleted") {
				t.Errorf("%v: it said\n%s", at, pl.out.String())
			}
		})
	}
}

// A program that is killed sends nothing any more. The next one finds what it left.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, at := range append(stepsToLeave, "POST /apps") {
		synctest.Test(t, func(t *testing.T) {
			pl := prepareNoted(t, quick(t))
			machine := &mortal{RoundTripper: pl.world.transport, answerless: at}
			alive := pl.world.transport
			pl.world.transport = machine
			pl.e = newExperiment(pl.plan, pl.world, &pl.out, pl.results)
			ctx, end := context.WithCancel(t.Context())
			leaveAt(pl.e, at, func() {
				machine.dead.Store(true)
				end()
			})
			_, err := pl.e.play(ctx)
			if apps := pl.account.Apps(); len(apps) != 1 || apps[0].Deleted != 0 {
				t.Fatalf("%v: the apps are %+v", at, apps)
			}
			if err == nil || !strings.Contains(err.Error(), "may still be there, and cost money: run this program again") {
				t.Errorf("%v: %v", at, err)
			}
			checkNotes(t, pl.world.notes, 1)
			next := *pl.world
			next.transport = alive
			for _, answer := range []bool{false, true} {
				var out bytes.Buffer
				var asked []string
				err := offer(t.Context(), &next, newExperiment(pl.plan, &next, &out, "").heroku, &out, func(_ context.Context, q string) bool {
					asked = append(asked, q)
					return answer
				})
				if err != nil || len(asked) != 1 || !strings.Contains(asked[0], pl.account.Apps()[0].Name) {
					t.Errorf("%v: asked %q, %v\n%s", at, asked, err, out.String())
				}
				if gone := pl.account.Apps()[0].Deleted != 0; gone != answer {
					t.Errorf("%v: answered %v, and it is deleted: %v", at, answer, gone)
				}
			}
			checkNotes(t, pl.world.notes, 0)
		})
	}
}

// With --keep the app stays, as the program says before and after. The next run offers to delete it.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			pl := prepareNoted(t, quick(t), func(o *herokusim.AccountOptions) {
				o.Build = &herokusim.Build{Takes: 10 * time.Second, Fails: fails}
			})
			w := *pl.world
			w.simulated = false
			var out bytes.Buffer
			command := &commandLine{Plan: "plain-restart", Speed: 1, Yes: true, Keep: true, Results: t.TempDir(), stdout: &out, stderr: &out, heroku: &w}
			if status := command.main(t.Context()); (status == exitFailed) != fails {
				t.Errorf("status %d", status)
			}
			if apps := pl.account.Apps(); len(apps) != 1 || apps[0].Deleted != 0 {
				t.Fatalf("the apps are %+v", apps)
			}
			app := pl.account.Apps()[0].Name
			before, after, _ := strings.Cut(out.String(), "Go on?")
			if !strings.Contains(before, "Each app stays (--keep), and costs money until you delete it.") || strings.Contains(out.String(), "is deleted") ||
				!strings.Contains(after, "the app "+app+" stays, and costs money, until the next run deletes it, or `heroku apps:destroy --app "+app+"`") {
				t.Errorf("it says\n%s", out.String())
			}
			checkNotes(t, w.notes, 1)
			asked := 0
			err := offer(t.Context(), &w, newExperiment(pl.plan, &w, &out, "").heroku, &out, func(_ context.Context, q string) bool {
				asked++
				return strings.Contains(q, app)
			})
			if err != nil || asked != 1 {
				t.Errorf("asked %d times, %v", asked, err)
			}
			checkGone(t, pl)
			checkNotes(t, w.notes, 0)
		})
	}
}

// prepareNoted is a play that takes notes, as on the real Heroku.
func prepareNoted(t *testing.T, p *Plan, options ...func(*herokusim.AccountOptions)) *play {
	t.Helper()
	pl := prepare(t, p, options...)
	pl.world.notes = t.TempDir()
	return pl
}

func withID(n *note, id string) error {
	n.ID = id
	return n.write()
}

func checkNotes(t *testing.T, folder string, want int) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != want {
		t.Errorf("there are %d notes, want %d: %v %v", len(files), want, files, err)
	}
}

// The program deletes nothing that it did not make, also if a note names it.
func TestOthersAppsStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t))
		shop, err := pl.e.heroku.Make(t.Context(), namePrefix+"old")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		fresh := newExperiment(pl.plan, pl.world, &pl.out, "").heroku // which did not make it
		for what, n := range map[string]*note{
			"made at another time": {Name: namePrefix + "old", Asked: pl.world.now().Add(-late)},
			"renamed":              {ID: shop, Name: namePrefix + "other", Asked: pl.world.now().Add(-late)},
		} {
			if _, err := n.remove(t.Context(), fresh, pl.e.clock, func() bool { return true }); err == nil || !strings.Contains(err.Error(), "was not made by this program") {
				t.Errorf("%s: %v", what, err)
			}
		}
		if pl.account.Apps()[0].Deleted != 0 {
			t.Error("an app was deleted that is somebody else's")
		}
	})
}

// The app of an experiment that runs is left alone.
func TestNotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Date(2026, 6, 9, 16, 0, 0, 0, time.UTC)
	if n, err := newNote(dir, namePrefix+"1", now); err != nil || n.running(now) {
		t.Error(n, err)
	}
	other, err := newNote(dir, namePrefix+"2", now)
	if err != nil {
		t.Fatal(err)
	}
	other.Process = os.Getppid()
	if !other.running(now.Add(time.Minute)) || other.running(now.Add(time.Hour)) {
		t.Error("whether another process still runs it is not known")
	}
	other.Process, other.Machine = os.Getpid(), "another" // where the same number is another process
	if !other.running(now.Add(time.Minute)) || other.running(now.Add(time.Hour)) {
		t.Error("an experiment of another machine that may run is not left alone")
	}
}

// A note that cannot be read stops nothing, and stays: it may be all that is known of an app that costs money.
func TestUnreadableNotes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t))
		bad := map[string]string{
			namePrefix + "00.json": "", namePrefix + "01.json": `{"name":"` + namePrefix + `02"}`, namePrefix + "03.json": `{"name":"` + namePrefix + `03","asked":5}`,
			"shop.json": `{"name":"shop","id":"1"}`,
		}
		for name, text := range bad {
			if err := os.WriteFile(filepath.Join(pl.world.notes, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		left, err := pl.e.heroku.Make(t.Context(), namePrefix+"left")
		if err != nil {
			t.Fatal(err)
		}
		n, err := newNote(pl.world.notes, namePrefix+"left", pl.world.now())
		if err == nil {
			err = withID(n, left)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = pl.e.heroku.Make(t.Context(), namePrefix+"foreign")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of this app, it is not known that it was made here
		if _, err := newNote(pl.world.notes, namePrefix+"foreign", pl.world.now()); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		var asked []string
		err = offer(t.Context(), pl.world, pl.e.heroku, &out, func(_ context.Context, q string) bool { asked = append(asked, q); return true })
		if err != nil || len(asked) != 1 || !strings.Contains(asked[0], namePrefix+"left") {
			t.Errorf("%v, asked %q", err, asked)
		}
		for name := range bad {
			want := filepath.Join(pl.world.notes, name)
			if app := strings.TrimSuffix(name, ".json"); strings.HasPrefix(app, namePrefix) {
				if !strings.Contains(out.String(), "`heroku apps:destroy --app "+app+"`") {
					t.Errorf("it does not say how to delete %s", app)
				}
			}
			if !strings.Contains(out.String(), want) {
				t.Errorf("it does not name %s", want)
			}
		}
		if !strings.Contains(out.String(), "the app "+namePrefix+"foreign: it was not made by this program, so it is not deleted") {
			t.Error("it does not name an app that is not ours")
		}
		if apps := pl.account.Apps(); apps[0].Deleted == 0 || apps[1].Deleted != 0 {
			t.Errorf("the apps are %+v", apps)
		}
		checkNotes(t, pl.world.notes, len(bad)+1)
		if t.Failed() {
			t.Log(out.String())
		}
	})
}

// Without the folder of notes nothing is made: an app that is left could not be found again.
func TestNotesOutOfReach(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t))
		pl.world.notes = file
		err := offer(t.Context(), pl.world, pl.e.heroku, &pl.out, func(context.Context, string) bool { return true })
		if err == nil || !strings.Contains(err.Error(), "reading the folder of notes") || !strings.Contains(err.Error(), file) {
			t.Error(err)
		}
	})
}

// An app that the key may not see may be there all the same, on the account of another key, and cost money.
func TestUnseenIsNotGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t))
		n, err := newNote(pl.world.notes, namePrefix+"old", pl.world.now())
		if err == nil {
			err = withID(n, "01234567-89ab-cdef-0123-456789abcdef")
		}
		if err != nil {
			t.Fatal(err)
		}
		pl.world.transport = roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":"forbidden","message":"You do not have access to the app."}`))}, nil
		})
		pl.e = newExperiment(pl.plan, pl.world, &pl.out, pl.results)
		if err := offer(t.Context(), pl.world, pl.e.heroku, &pl.out, func(context.Context, string) bool { return true }); err != nil {
			t.Error(err)
		}
		if said := pl.out.String(); !strings.Contains(said, "may still be there, and cost money: this key may not see it") || strings.Contains(said, "gone") {
			t.Errorf("it says\n%s", said)
		}
		checkNotes(t, pl.world.notes, 1)
	})
}

// What was asked for in vain, or is gone already, is not asked about.
func TestNothingLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pl := prepareNoted(t, quick(t))
		gone, err := newNote(pl.world.notes, namePrefix+"gone", pl.world.now())
		if err != nil {
			t.Fatal(err)
		}
		if err := withID(gone, "01234567-89ab-cdef-0123-456789abcdef"); err != nil {
			t.Fatal(err)
		}
		machine := &mortal{RoundTripper: pl.world.transport}
		machine.dead.Store(true)
		pl.world.transport = machine
		pl.e = newExperiment(pl.plan, pl.world, &pl.out, pl.results)
		if _, err := pl.e.play(t.Context()); err == nil || !strings.Contains(err.Error(), "make the app rollout-gate-x-") || !strings.Contains(err.Error(), "run this program again") {
			t.Error(err)
		}
		checkNotes(t, pl.world.notes, 2)
		machine.dead.Store(false)
		if err := offer(t.Context(), pl.world, pl.e.heroku, &pl.out, func(context.Context, string) bool {
			t.Error("it was asked about")
			return true
		}); err != nil {
			t.Error(err)
		}
		checkNotes(t, pl.world.notes, 0)
	})
}
