// What comes from a platform, changed on the way.

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// A wire changes what comes from a platform.
type wire struct {
	http.RoundTripper
	breaking
}

func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(req)
	stream := strings.Contains(req.URL.Path, "/logplex/") || strings.Contains(req.URL.Path, "/streams/")
	switch {
	case err != nil:
	case stream && w.line != nil:
		res.Body = w.filtered(res.Body)
		res.ContentLength = -1
		res.Header.Del("Content-Length")
	case !stream && w.answer != nil:
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return nil, err
		}
		status, text := w.answer(req, res.StatusCode, string(body))
		res.StatusCode, res.Status = status, fmt.Sprintf("%d %s", status, http.StatusText(status))
		res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		res.Header.Set("Content-Length", strconv.Itoa(len(text)))
	}
	return res, err
}

// filtered is a stream whose lines are changed, as text or as events.
func (w wire) filtered(body io.ReadCloser) io.ReadCloser {
	r, to := io.Pipe()
	go func() {
		in := bufio.NewReader(body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				to.CloseWithError(err)
				return
			}
			var out bytes.Buffer
			text, event := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
			mark := map[bool]string{true: "data: "}[event]
			if all := w.line(text); len(all) > 0 || !event {
				for i, l := range all {
					if i > 0 && event { // an event of its own
						out.WriteString("\n")
					}
					out.WriteString(mark + l + "\n")
				}
			}
			if _, err := to.Write(out.Bytes()); err != nil {
				body.Close()
				return
			}
		}
	}()
	return streamBody{r, body}
}

type streamBody struct {
	io.Reader
	body io.Closer
}

func (s streamBody) Close() error { return s.body.Close() }
