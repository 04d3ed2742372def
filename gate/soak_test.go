// The soak test: half an hour of real time on real sockets, with a busy log, streams that
// are cut and requests that fail. Memory and the number of goroutines must not grow.

package gate_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heroku-rollout-gate/gate"
	"heroku-rollout-gate/gate/herokusim"
	"heroku-rollout-gate/gate/rollout"
)

var (
	soak      = flag.Duration("soak", 0, "how long the soak lasts; 0: there is none")
	soakLines = flag.Int("soak-lines", 5000, "lines in a second that the app prints in the soak")
)

// soaked is a roll-out that does not end: old web dynos keep running, and a worker is
// restarted every half minute.
func soaked(length time.Duration) *herokusim.Scenario {
	share := 0.05
	sc := &herokusim.Scenario{
		App: herokusim.App{Name: "soaked", Preboot: true}, Metrics: true,
		Types: map[string]herokusim.Type{"web": {Quantity: 3}, "worker": {Quantity: 2}},
		Log:   herokusim.Log{Cut: 20 * time.Second, Heartbeat: 5 * time.Second},
		Ends:  2*length + time.Hour,
		Faults: []herokusim.Fault{
			{To: 2*length + time.Hour, Share: &share, Status: http.StatusServiceUnavailable, HTML: true},
		},
		Events: []herokusim.Event{{Deploy: &herokusim.Deploy{}, Timing: map[string]herokusim.Timing{"web": {Exit: herokusim.After(2 * length)}}}},
	}
	for at := 30 * time.Second; at < length; at += 30 * time.Second {
		sc.Events = append(sc.Events, herokusim.Event{At: at, Restart: &herokusim.Restart{Label: "worker.1"}})
	}
	return sc
}

func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("no -soak; make soak runs it")
	}
	story, err := soaked(*soak).Play()
	if err != nil {
		t.Fatal(err)
	}
	sim := herokusim.NewServer(story, herokusim.Options{})
	busy := &busyApp{Handler: sim, story: story, sim: sim}
	server := httptest.NewServer(busy)
	defer server.Close()
	sim.Begin()
	time.Sleep(story.Gate)

	var stdout bytes.Buffer
	var verdict rollout.Verdict
	env := map[string]string{
		"INPUT_APP": "soaked", "INPUT_API-KEY": testKey, "INPUT_API-URL": server.URL,
		"INPUT_TIMEOUT": soak.String(), "INPUT_REQUIRE-PROOF": "true",
	}
	c := gate.Command{
		Getenv: func(name string) string { return env[name] }, Stdout: &stdout, Stderr: os.Stderr,
		Ended: func(_ rollout.Picture, v rollout.Verdict) { verdict = v },
	}
	ended := make(chan int, 1)
	begin := time.Now()
	go func() { ended <- c.Main(t.Context()) }()
	var samples []sample
	status := -1
	for tick := time.NewTicker(*soak / 60); status < 0; {
		select {
		case status = <-ended:
		case <-tick.C:
			s := takeSample(t)
			samples = append(samples, s)
			t.Logf("%7s  heap %5.1f MiB  resident %5.1f MiB  %d goroutines  %d lines, %d streams",
				time.Since(begin).Round(time.Second), s.heap, s.resident, s.goroutines, busy.lines.Load(), busy.streams.Load())
		}
	}
	lasted := time.Since(begin)
	t.Logf("%s, %.0f lines a second, %d streams, %d requests; %s", lasted.Round(10*time.Millisecond),
		float64(busy.lines.Load())/lasted.Seconds(), busy.streams.Load(), apiRequests(sim), verdict.Message)
	if status != gate.ExitTimedOut || verdict.Reason != rollout.OldDynosRemain {
		t.Errorf("status %d, %+v; want a time-out with old-dynos-remain\n%s", status, verdict, stdout.String())
	}
	if late := lasted - *soak; late > 2*time.Second {
		t.Errorf("the gate ended %s after its deadline", late)
	}
	steady(t, samples)
}

// sample is what the whole process uses, including the simulated platform.
type sample struct {
	heap, resident float64 // MiB; of the heap only what is in use
	goroutines     int
}

func takeSample(t *testing.T) sample {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := sample{heap: float64(m.HeapAlloc) / (1 << 20), goroutines: runtime.NumGoroutine()}
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return s // not on Linux
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			s.resident = float64(kb) / 1024
		}
	}
	return s
}

// steady compares the last quarter with the second: the first is for warming up.
func steady(t *testing.T, samples []sample) {
	t.Helper()
	n := len(samples) / 4
	if n == 0 {
		t.Fatal("too few samples")
	}
	most := func(s []sample) (m sample) {
		for _, x := range s {
			m = sample{max(m.heap, x.heap), max(m.resident, x.resident), max(m.goroutines, x.goroutines)}
		}
		return m
	}
	early, late := most(samples[n:2*n]), most(samples[len(samples)-n:])
	if late.heap > 1.25*early.heap+2 || late.resident > 1.25*early.resident+8 || late.goroutines > early.goroutines+8 {
		t.Errorf("it grows: %+v in the second quarter, %+v in the last", early, late)
	}
}

// busyApp prints lines of an app into every log stream of the simulated platform.
type busyApp struct {
	http.Handler
	story          *herokusim.Story
	sim            *herokusim.Server
	lines, streams atomic.Int64
}

func (b *busyApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/logplex/") {
		b.Handler.ServeHTTP(w, r)
		return
	}
	b.streams.Add(1)
	shared := &sharedWriter{ResponseWriter: w}
	ctx, cancel := context.WithCancel(r.Context())
	var wg sync.WaitGroup
	wg.Go(func() { b.print(ctx, shared) })
	defer wg.Wait()
	defer cancel()
	b.Handler.ServeHTTP(shared, r)
}

func (b *busyApp) print(ctx context.Context, w *sharedWriter) {
	const every = 20 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	var burst bytes.Buffer
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !w.begun.Load() {
			continue // the history is not sent yet, or the stream was refused
		}
		stamp := b.story.Time(b.sim.Now()).UTC().Format("2006-01-02T15:04:05.000000+00:00")
		burst.Reset()
		n := int(float64(*soakLines) * every.Seconds())
		for i := range n {
			fmt.Fprintf(&burst, "%s app[web.%d]: method=GET path=/things/%d status=200 duration=%dms, Process exited with status 0\n", stamp, i%3+1, i, i%90)
		}
		if _, err := w.Write(burst.Bytes()); err != nil {
			return
		}
		w.Flush()
		b.lines.Add(int64(n))
	}
}

// sharedWriter is a writer for two goroutines, which write whole lines.
type sharedWriter struct {
	http.ResponseWriter
	mu    sync.Mutex
	begun atomic.Bool // a stream has begun; not with a refusal
}

func (w *sharedWriter) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ResponseWriter.WriteHeader(status)
}

func (w *sharedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ResponseWriter.Write(p)
}

func (w *sharedWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun.Store(true)
	w.ResponseWriter.(http.Flusher).Flush()
}
