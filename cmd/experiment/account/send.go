// This file is for one request: sender permits it or not, sends it, tries again if that does no harm, and records
// request and answer.

package account

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"heroku-rollout-gate/cmd/experiment/evidence"
)

const (
	// attempt is how long one try may take. retry is how long a request is tried again, with waits that grow.
	attempt   = 30 * time.Second
	retry     = 90 * time.Second
	firstWait = time.Second
	lastWait  = 15 * time.Second
	maxBody   = 4 << 20
)

// sender sends the requests of a client. It stands below heroku-go's transport, which adds the key.
type sender struct {
	guard
	Options
}

// RoundTrip sends a request. It sends a POST only once, because a second try could make something twice.
func (s *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := s.permit(req); err != nil {
		return nil, err
	}
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	begun, wait := s.Clock.At(), firstWait
	for {
		res, err := s.once(req, sent)
		temporary := err != nil || res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500
		if !temporary || req.Method == http.MethodPost || req.Context().Err() != nil || s.Clock.At()-begun > retry {
			return res, err
		}
		if err := s.Clock.Sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		wait = min(2*wait, lastWait)
	}
}

// once sends a request once, reads the whole answer, and records both.
func (s *sender) once(req *http.Request, sent []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), attempt)
	defer cancel()
	out := req.Clone(ctx)
	if sent != nil {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(sent)), int64(len(sent))
	}
	r := evidence.Request{At: s.Clock.At(), Method: req.Method, Path: req.URL.Path, Sent: s.Redactor.Clean(string(sent))}
	defer func() {
		r.Took = s.Clock.At() - r.At
		s.Seen(r)
	}()
	res, err := s.Transport.RoundTrip(out)
	var body []byte
	if err == nil {
		r.Status = res.StatusCode
		r.Date, _ = http.ParseTime(res.Header.Get("Date"))
		body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
		res.Body.Close()
	}
	if err != nil {
		if ctx.Err() != nil && req.Context().Err() == nil {
			err = errors.New("there was no answer in time")
		}
		r.Error = s.Redactor.Clean(err.Error())
		if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
			return nil, unsent(r.Error)
		}
		return nil, errors.New(r.Error)
	}
	r.Body = s.Redactor.Clean(string(body))
	res.Header.Del("X-Heroku-Warning") // heroku-go would print it
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, nil
}
