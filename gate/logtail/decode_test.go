// However the chunks are cut, the lines are the same.

package logtail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// decode writes chunks of at most size bytes and returns the lines.
func decode(text string, size int, sse bool) []string {
	var lines []string
	d := decoder{sse: sse, line: func(b []byte) { lines = append(lines, string(b)) }}
	for len(text) > 0 {
		n := min(size, len(text))
		d.write([]byte(text[:n]))
		text = text[n:]
	}
	d.flush()
	return lines
}

func TestDecode(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine)
	cases := map[string]struct {
		text string
		sse  bool
		want []string
	}{
		"plain":                 {"a\nb\n", false, []string{"a", "b"}},
		"no end":                {"a\nb", false, []string{"a", "b"}},
		"CRLF":                  {"a\r\nb\r\n", false, []string{"a", "b"}},
		"heartbeats":            {"\x00\x00a\x00b\n\x00c\n\x00", false, []string{"ab", "c"}},
		"empty lines":           {"\n\n\x00\na\n", false, []string{"a"}},
		"too long":              {long + "rest\nb\n", false, []string{long, "b"}},
		"just fits":             {long + "\nb\n", false, []string{long, "b"}},
		"long, zeroes":          {"\x00" + long + "\x00y\nb\n", false, []string{long, "b"}},
		"events":                {"id: 1\ndata: a\n\nevent: x\ndata:b\r\n\r\n: comment\n\ndata: c\n\n", true, []string{"a", "b", "c"}},
		"several data lines":    {"id: 1\ndata: a\ndata: b\nid: 2\ndata: c\n\ndata: d\n\n", true, []string{"a", "d"}},
		"several, with CRLF":    {"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", true, []string{"a", "c"}},
		"several, with beats":   {"data: a\n\x00data: b\n\x00\ndata: c\n", true, []string{"a", "c"}},
		"a comment in between":  {"data: a\n: beat\ndata: b\n\n", true, []string{"a"}},
		"an empty one is first": {"data:\ndata: b\n\ndata\ndata: c\n\ndata: d\n\n", true, []string{"d"}},
		"an empty field":        {"data: a\ndata:\ndata: b\n\n", true, []string{"a"}},
		"other fields":          {"dataset: x\n data: y\nDATA: z\n\ndata: a\n\n", true, []string{"a"}},
		"a bare CR":             {"data: a\rdata: b\r\rdata: c\n\n", true, []string{"a\rdata: b\r\rdata: c"}},
		"the first is too long": {"data: " + long + "rest\ndata: b\n\ndata: c\n\n", true, []string{long[:maxLine-len("data: ")], "c"}},
		"events, beat":          {"\x00data: a\n\n\x00", true, []string{"a"}},
		"not events":            {"data: a\n", false, []string{"data: a"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 2, 3, 7, 1000, 1 << 20} {
				if diff := cmp.Diff(c.want, decode(c.text, size, c.sse)); diff != "" {
					t.Errorf("in chunks of %d, -want +got:\n%s", size, diff)
				}
			}
		})
	}
}

func TestIsSSE(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"text/event-stream": true, "Text/Event-Stream; charset=utf-8": true, "text/plain": false, "": false} {
		if got := isSSE(in); got != want {
			t.Errorf("isSSE(%q) = %v", in, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("a\nb\r\n\x00c", 1, false)
	f.Add("id: 1\ndata: a\n\n", 2, true)
	f.Fuzz(func(t *testing.T, text string, size int, sse bool) {
		size = max(1, size)
		whole, cut := decode(text, len(text)+1, sse), decode(text, size, sse)
		if diff := cmp.Diff(whole, cut); diff != "" {
			t.Errorf("-whole +cut:\n%s", diff)
		}
		for _, l := range whole {
			if l == "" || len(l) > maxLine || strings.ContainsAny(l, "\x00\n") {
				t.Errorf("line %q", l)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	line := stamp + ` app[web.1]: {"level":"info","msg":"request done","path":"/a/b","status":200}` + "\n"
	chunk := bytes.Repeat([]byte(line), 300)
	d := decoder{line: func(l []byte) { Parse(l) }}
	b.ReportAllocs()
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		d.write(chunk[:len(chunk)-17])
		d.write(chunk[len(chunk)-17:])
	}
	b.ReportMetric(float64(b.N)*300/b.Elapsed().Seconds(), "lines/s")
}
