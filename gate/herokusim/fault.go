// Faults: how the Platform API answers badly.

package herokusim

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// fault finds the fault for a request at that time; nil if there is none.
func (s *Server) fault(r *http.Request, now time.Duration) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.base.Faults {
		f := &s.base.Faults[i]
		if f.From != 0 && now < f.From || f.To != 0 && now >= f.To || !strings.Contains(r.URL.Path, f.Path) {
			continue
		}
		if method, pattern, _ := strings.Cut(f.Request, " "); f.Request != "" {
			if match, _ := path.Match(pattern, r.URL.Path); !match || method != r.Method {
				continue
			}
		}
		if f.Page > 0 && (f.Page > 1) != strings.Contains(r.Header.Get("Range"), "]") {
			continue // a "]" (an exclusive start) is only in requests for further pages
		}
		if f.Share == nil || s.rng.Float64() < *f.Share {
			return f
		}
	}
	return nil
}

// wait delays the answer. It reports whether time has passed.
func (f *Fault) wait(s *Server, r *http.Request) bool {
	if f.Hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if f.Delay == 0 {
		return false
	}
	if !sleep(r, s.until(s.Now()+f.Delay), nil) {
		panic(http.ErrAbortHandler)
	}
	return true
}

// date sets the Date of the answer.
func (f *Fault) date(w http.ResponseWriter, now time.Time) {
	w.Header().Set("Date", now.Add(f.Clock).UTC().Format(http.TimeFormat))
	if f.NoDate {
		w.Header()["Date"] = nil // net/http would add a Date if the header were deleted
	}
}

// answer writes a bad answer. It returns false if a good answer should follow, perhaps stale or cut.
func (f *Fault) answer(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case f.Reset:
		panic(http.ErrAbortHandler)
	case f.Status == 0 && f.Body == "" && !f.HTML:
		return false
	}
	status := f.Status
	if status == 0 {
		status = http.StatusOK
		if f.HTML {
			status = http.StatusServiceUnavailable
		}
	}
	kind, body := "application/json", f.Body
	switch {
	case f.HTML:
		kind, body = "text/html", orElse(f.Body, "<!DOCTYPE html>\n<html><head><title>Heroku | Application Error</title></head><body>We'll be back soon.</body></html>\n")
	case body == "":
		body = fmt.Sprintf(`{"id":%q,"message":%q}`+"\n", errorID(status), http.StatusText(status))
	case !strings.HasPrefix(strings.TrimSpace(body), "{") && !strings.HasPrefix(strings.TrimSpace(body), "["):
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Request-Id", idOf("fault", w.Header().Get("Date"), r.URL.Path))
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", f.retryAfter(w.Header().Get("Date")))
	}
	w.WriteHeader(status)
	io.WriteString(w, body)
	return true
}

// retryAfter is the value of Retry-After, in the form that RetryAfterAs names.
func (f *Fault) retryAfter(date string) string {
	now, err := http.ParseTime(date)
	if err != nil {
		now = time.Now()
	}
	switch f.RetryAfterAs {
	case "date":
		return now.Add(f.RetryAfter).UTC().Format(http.TimeFormat)
	case "moment":
		return strconv.FormatInt(now.Add(f.RetryAfter).Unix(), 10)
	}
	return strconv.Itoa(int(f.RetryAfter.Seconds()))
}

// errorID is the id of Heroku's errors with that status.
func errorID(status int) string {
	switch status {
	case 400:
		return "bad_request"
	case 401:
		return "unauthorized"
	case 402:
		return "delinquent"
	case 403:
		return "forbidden"
	case 404:
		return "not_found"
	case 406:
		return "not_acceptable"
	case 410:
		return "gone"
	case 416:
		return "requested_range_not_satisfiable"
	case 422:
		return "invalid_params"
	case 429:
		return "rate_limit"
	case 503:
		return "service_unavailable"
	}
	return "internal_server_error"
}

// sleep waits for that time, or until changed is closed (nil: never). It returns false if the request
// ends before.
func sleep(r *http.Request, d time.Duration, changed <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-changed:
		return true
	case <-r.Context().Done():
		return false
	}
}

// A Kind describes a kind of fault, for a list that people choose from.
type Kind struct{ Word, Example, About string }

// FaultKinds are what a fault can do. Word is the field of a scenario.
var FaultKinds = []Kind{
	{"status", "status: 503, path: /dynos, from: 30s, to: 90s", "answers with that status, in Heroku's form of an error; 429 with retry-after: 20s, and retry-after-as: date or moment; request in place of path is for one request alone, as in request: PATCH /apps/*/formation"},
	{"body", `body: "[]", path: /formation`, "answers with that text"},
	{"html", "html: true, share: 0.5", "answers with 503 and a page for people; share is the chance that it happens"},
	{"hang", "hang: true, from: 10s, to: 40s", "does not answer at all"},
	{"reset", "reset: true, share: 0.2", "ends the connection"},
	{"cut-body", "cut-body: true, path: /releases", "ends the connection in the middle of the answer"},
	{"delay", "delay: 3s", "answers late"},
	{"trickle", "trickle: 50ms", "answers byte by byte, so far apart"},
	{"stale", "stale: 10s, path: /dynos", "answers as it would have so long ago"},
	{"clock", "clock: -30s", "has a Date that is wrong by so much"},
	{"no-date", "no-date: true", "has no Date"},
}

// LogKinds are what can be wrong with the log.
var LogKinds = []Kind{
	{"refused", "refused: 403", "no log session is opened; that status is the answer"},
	{"l20", "l20: true", "the stream says L20 and ends: too much is logged"},
	{"history", "history: 0", "so many lines are kept"},
	{"cut", "cut: 20s", "streams end so soon"},
	{"heartbeat", "heartbeat: 5s", "NUL bytes come between the lines"},
	{"silent-after", "silent-after: 60s", "streams stay open, and nothing comes any more"},
	{"deaf-after", "deaf-after: 60s, heartbeat: 15s", "streams stay open with their heartbeats, and no line comes any more"},
	{"plain-text", "plain-text: true", "streams are text also for who asks for events; on Fir text without line ends"},
	{"chunk", "chunk: 7", "lines come in pieces of so many bytes"},
	{"join-loss", "join-loss: true", "lines of the first 200 ms of a stream are lost to it"},
	{"lose", "lose: [{from: 10s, to: 20s, notice: L12}]", "lines are lost, with a notice (L11, L12, L13) or without"},
	{"late", "late: {share: 0.2, by: 2s}", "lines come later than their stamp"},
	{"double", "double: 0.1", "chance of a line to come twice"},
	{"lose-lines", "lose-lines: 0.05", "chance of a platform line to be lost without notice"},
	{"api-late", "api-late: 30s", "lines of app[api] come so much later"},
	{"metrics-late", "metrics-late: 8s", "how late a line of runtime metrics comes at the most"},
	{"metrics-lose", "metrics-lose: 0.05", "chance of a line of runtime metrics to be lost without notice"},
}
