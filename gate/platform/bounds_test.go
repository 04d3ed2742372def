// Answers that are much too long: the client reads only a limited part of them.

package platform

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// heavy is a platform whose lists never end. Each page has one row with this many bytes.
type heavy struct {
	bytes int
	lists string // the endless lists; the others are empty
	read  atomic.Int64
	pages atomic.Int64
}

// counted counts the bytes that are read.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (h *heavy) RoundTrip(req *http.Request) (*http.Response, error) {
	body, header := "[]", http.Header{"Date": {date}}
	if list := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]; strings.Contains(h.lists, list) {
		n := h.pages.Add(1)
		body = fmt.Sprintf(`[{"id":"%d","name":"web.1","type":"web","state":"up","release":{"version":2},"version":2,"created_at":"2026-03-04T05:00:00Z","quantity":1,"command":"%s"}]`,
			n, strings.Repeat("x", h.bytes))
		header.Set("Next-Range", fmt.Sprintf("id ]%d..; max=1000", n))
	}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(counted{strings.NewReader(body), &h.read}), Request: req}, nil
}

// The limit is for all pages of all lists of one look together. The next look has the whole limit again.
func TestALookOfEndlessListsIsGivenUp(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads lists of 68 MiB")
	}
	for _, h := range []*heavy{
		{bytes: 15 << 20, lists: "dynos"},
		{bytes: 15 << 20, lists: "releases"},
		{bytes: 12 << 20, lists: "dynos formation releases"},
	} {
		t.Run(fmt.Sprintf("%s of %d MiB a page", h.lists, h.bytes>>20), func(t *testing.T) {
			c, err := New(Options{Key: key, Transport: h})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				h.read.Store(0)
				_, err = c.Look(t.Context(), "shop", true, 5000)
				if err == nil || !strings.Contains(err.Error(), "the lists of this look are longer than 64 MiB together") {
					t.Errorf("the error is: %.300v", err)
				}
				if n := h.read.Load() >> 20; n < 48 || n > 65 {
					t.Errorf("%d MiB were read", n)
				}
			}
		})
	}
}
