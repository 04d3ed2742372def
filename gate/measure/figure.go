// A figure, which was seen or was not, and the middle of several.

package measure

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A Figure is a span of time that was seen, or why it was not. Its zero value was not seen.
type Figure struct {
	Seen bool
	Span time.Duration
	// Why it was not seen. Moot: there was nothing to see.
	Why  string
	Moot bool
}

// saw is a figure that was seen.
func saw(d time.Duration) Figure { return Figure{Seen: true, Span: d} }

// unseen is one that was not.
func unseen(why string, args ...any) Figure { return Figure{Why: fmt.Sprintf(why, args...)} }

// moot is one of which there was nothing to see.
func moot(why string) Figure { return Figure{Why: why, Moot: true} }

// MarshalJSON writes seconds, or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Seen {
		return []byte("null"), nil
	}
	return seconds(f.Span), nil
}

// seconds are whole milliseconds at the finest.
func seconds(d time.Duration) []byte {
	return strconv.AppendFloat(nil, d.Round(time.Millisecond).Seconds(), 'f', -1, 64)
}

// A Range is a span of time of which only bounds were seen, or why not even these. Its zero value was
// not seen.
type Range struct {
	Seen        bool
	Least, Most time.Duration
	Why         string
}

// MarshalJSON writes an object with bounds in seconds, or null.
func (r Range) MarshalJSON() ([]byte, error) {
	if !r.Seen {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, `{"least":%s,"most":%s}`, seconds(r.Least), seconds(r.Most)), nil
}

// widen takes in that something else took between so long and so long: the range is that of the longer.
func (r *Range) widen(least, most time.Duration) {
	r.Seen, r.Why = true, ""
	r.Least, r.Most = max(r.Least, least), max(r.Most, most)
}

// Median is the middle of the figures that were seen, and how many those are.
func Median(figures []Figure) (Figure, int) {
	var spans []time.Duration
	for _, f := range figures {
		if f.Seen {
			spans = append(spans, f.Span)
		}
	}
	if len(spans) == 0 {
		return unseen("it was seen in none"), 0
	}
	slices.Sort(spans)
	n := len(spans)
	low, high := spans[(n-1)/2], spans[n/2]
	return saw(low + (high-low)/2), n
}

// MedianRange is the same of ranges: the middle of what they are at least, and at most.
func MedianRange(ranges []Range) (Range, int) {
	var least, most []Figure
	for _, r := range ranges {
		if r.Seen {
			least, most = append(least, saw(r.Least)), append(most, saw(r.Most))
		}
	}
	from, n := Median(least)
	to, _ := Median(most)
	return Range{Seen: from.Seen, Least: from.Span, Most: to.Span, Why: from.Why}, n
}
