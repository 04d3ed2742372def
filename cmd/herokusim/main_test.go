// This file tests the program: its flags, and that it can be asked over a real socket.

package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestList(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), []string{"-list"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "measured-deploy") {
		t.Errorf("listed:\n%s", out.String())
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                                    "give one scenario",
		"nothing":                             `no scenario and no file "nothing"`,
		"-speed -1 fir":                       "speed is -1",
		"-listen 0.0.0.0:0 fir":               "not of this machine alone",
		"-listen example.com:80 fir":          "not of this machine alone",
		"-listen 127.0.0.1 fir":               `listen address "127.0.0.1"`,
		"-nothing":                            "not defined",
		"measured-deploy private-space extra": "not 3",
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q in it", args, err, want)
		}
	}
}

// serving runs the program until the test ends, and reads what it says up to a text.
func serving(t *testing.T, until string, args ...string) (url string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, args, writer, io.Discard)
		writer.Close()
	}()
	t.Cleanup(func() {
		cancel()
		go io.Copy(io.Discard, reader)
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	var said strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(said.String(), until) {
		n, err := reader.Read(buf)
		said.Write(buf[:n])
		if err != nil {
			t.Fatalf("it ended too early: %v\n%s", err, said.String())
		}
	}
	go io.Copy(io.Discard, reader)
	return regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said.String())
}

// dynos asks for the dyno list, and when it was told.
func dynos(t *testing.T, url string) (body string, date time.Time) {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", url+"/apps/measured/dynos", nil)
	r.Header.Set("Authorization", "Bearer any")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s, %v", resp.StatusCode, b, err)
	}
	date, err = http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), date
}

func TestServes(t *testing.T) {
	t.Parallel()
	url := serving(t, "nothing of an older release runs any more", "-speed", "1000", "measured-deploy")
	if body, _ := dynos(t, url); !strings.Contains(body, `"version":42`) {
		t.Errorf("listed: %s", body)
	}
}

// Without -wait, 200 seconds of the story would have passed before the request.
func TestWaits(t *testing.T) {
	t.Parallel()
	url := serving(t, "heroku ps", "-speed", "1000", "-wait", "measured-deploy")
	time.Sleep(200 * time.Millisecond)
	_, date := dynos(t, url)
	begins := time.Date(2020, 9, 18, 23, 51, 33, 0, time.UTC)
	if passed := date.Sub(begins); passed < 0 || passed > 100*time.Second {
		t.Errorf("the first request was answered %s into the story", passed)
	}
}
