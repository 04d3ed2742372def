// This file tests the program: its flags, and that it can be asked over a real socket.

package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
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

func TestServes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-speed", "1000", "measured-deploy"}, writer, io.Discard)
		writer.Close()
	}()
	var said strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(said.String(), "nothing of an older release runs any more") {
		n, err := reader.Read(buf)
		said.Write(buf[:n])
		if err != nil {
			t.Fatalf("it ended too early: %v\n%s", err, said.String())
		}
	}
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said.String())
	r, _ := http.NewRequestWithContext(ctx, "GET", url+"/apps/measured/dynos", nil)
	r.Header.Set("Authorization", "Bearer any")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(body), `"version":42`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	cancel()
	go io.Copy(io.Discard, reader)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
