// One figure, which was seen or not, and the median of several.

package measure

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A Figure is a span of time that was seen, or the reason why it was not. The zero value was not seen.
type Figure struct {
	Seen bool
	Span time.Duration
	// Why the figure was not seen. NotApplicable: there was nothing to see.
	Why           string
	NotApplicable bool
}

func seen(d time.Duration) Figure { return Figure{Seen: true, Span: d} }

func notSeen(why string, args ...any) Figure { return Figure{Why: fmt.Sprintf(why, args...)} }

func notApplicable(why string) Figure { return Figure{Why: why, NotApplicable: true} }

// MarshalJSON writes seconds, or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Seen {
		return []byte("null"), nil
	}
	return seconds(f.Span), nil
}

// seconds writes a span in seconds, rounded to milliseconds.
func seconds(d time.Duration) []byte {
	return strconv.AppendFloat(nil, d.Round(time.Millisecond).Seconds(), 'f', -1, 64)
}

// A Range is a span of time of which only bounds are known, or the reason why they are not. The zero value was
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

// widen records that something took between least and most: the range becomes that of the longest.
func (r *Range) widen(least, most time.Duration) {
	r.Seen, r.Why = true, ""
	r.Least, r.Most = max(r.Least, least), max(r.Most, most)
}

// Median returns the median of the figures that were seen, and how many were.
func Median(figures []Figure) (Figure, int) {
	var spans []time.Duration
	for _, f := range figures {
		if f.Seen {
			spans = append(spans, f.Span)
		}
	}
	if len(spans) == 0 {
		return notSeen("it was seen in none"), 0
	}
	slices.Sort(spans)
	n := len(spans)
	low, high := spans[(n-1)/2], spans[n/2]
	return seen(low + (high-low)/2), n
}

// MedianRange returns the medians of the lower and of the upper bounds, and how many ranges were seen.
func MedianRange(ranges []Range) (Range, int) {
	var least, most []Figure
	for _, r := range ranges {
		if r.Seen {
			least, most = append(least, seen(r.Least)), append(most, seen(r.Most))
		}
	}
	from, n := Median(least)
	to, _ := Median(most)
	return Range{Seen: from.Seen, Least: from.Span, Most: to.Span, Why: from.Why}, n
}
