// This file is for figures: medians with their bounds, and whether what the project
// asks of itself was seen.

package main

import (
	"fmt"
	"slices"
	"time"
)

// A spread is the median of figures, the least and the most of them.
type spread struct{ median, least, most float64 }

func spreadOf(figures []float64) spread {
	if len(figures) == 0 {
		return spread{}
	}
	f := slices.Sorted(slices.Values(figures))
	n := len(f)
	return spread{(f[(n-1)/2] + f[n/2]) / 2, f[0], f[n-1]}
}

// write prints the median and, if they differ, the bounds, each in the same format.
func (s spread) write(format, unit string) string {
	median, least, most := fmt.Sprintf(format, s.median), fmt.Sprintf(format, s.least), fmt.Sprintf(format, s.most)
	if least == most {
		return median + unit
	}
	return fmt.Sprintf("%s%s (%s to %s)", median, unit, least, most)
}

// A told is a story, and what the programs made of it.
type told struct {
	Title   string
	Truth   truth
	Samples [2][]sample // by program
}

// A result is one session.
type result struct {
	About   about
	Runs    int
	Stories []told
}

// about is what the figures come from.
type about struct {
	Date                         time.Time
	Machine, Go, Client          string
	Binary, Image, Install, Node int64 // bytes
}

// right reports whether a program did what it should: it did not open before it could,
// and failed where the deploy had failed. A program that must not open and waits on
// does nothing wrong, but its user has to find out.
func right(t truth, s sample) bool {
	switch t.End {
	case "opens", "fails":
		return s.End == t.End && s.At >= t.At
	}
	return s.End != "opens"
}

func allRight(t truth, samples []sample) bool {
	return !slices.ContainsFunc(samples, func(s sample) bool { return !right(t, s) })
}

// of takes one figure of each sample.
func of(samples []sample, figure func(sample) float64) spread {
	var all []float64
	for _, s := range samples {
		all = append(all, figure(s))
	}
	return spreadOf(all)
}

// everywhere are the samples of a program in all stories.
func (r *result) everywhere(which int) []sample {
	var all []sample
	for _, t := range r.Stories {
		all = append(all, t.Samples[which]...)
	}
	return all
}

// The figures of a sample.
func requests(s sample) float64   { return float64(s.Requests) }
func rate(s sample) float64       { return s.Rate }
func busyMinute(s sample) float64 { return float64(s.Busiest) }
func cpu(s sample) float64        { return s.CPU }
func memory(s sample) float64     { return s.Memory / (1 << 20) }
func firstAsked(s sample) float64 { return s.First.Seconds() * 1000 }
func firstList(s sample) float64  { return s.FirstList.Seconds() * 1000 }

// A promise is one of the figures that the project asks of itself.
type promise struct {
	what, limit, seen string
	kept              bool
}

// promises judges the gate's figures; the stories' logs flow in all of them.
func (r *result) promises() []promise {
	var late []float64
	for _, t := range r.Stories {
		for _, s := range t.Samples[theGate] {
			if t.Truth.End == "opens" {
				late = append(late, (s.At - t.Truth.At).Seconds())
			}
		}
	}
	var all []promise
	if after := spreadOf(late); len(late) > 0 {
		all = append(all, promise{
			"opens after it could", "1 s in the median, 2 s at the worst, never before", after.write("%+.3f", " s"),
			after.least >= 0 && after.median <= 1 && after.most <= 2,
		})
	}
	if measured := r.Stories[0]; measured.Title == scenarios[0].title {
		n, rate := of(measured.Samples[theGate], requests), of(measured.Samples[theGate], rate)
		minute := of(measured.Samples[theGate], busyMinute)
		all = append(all,
			promise{"API requests, measured deploy", "30", n.write("%.0f", ""), n.most <= 30},
			promise{
				"API requests a minute, measured deploy", "6 in the mean",
				rate.write("%.1f", "") + "; in the busiest minute after the first " + minute.write("%.0f", ""), rate.most <= 6,
			})
	}
	for i, t := range r.Stories {
		if i > 0 {
			rate := of(t.Samples[theGate], rate)
			all = append(all, promise{"API requests a minute, " + t.Title, "6 in the mean", rate.write("%.1f", ""), rate.most <= 6})
		}
	}
	list, peak := of(r.everywhere(theGate), firstList), of(r.everywhere(theGate), memory)
	return append(all,
		promise{"start to first dyno list", "150 ms", list.write("%.0f", " ms"), list.most <= 150},
		promise{"peak memory", "32 MiB", peak.write("%.1f", " MiB"), peak.most < 32},
		promise{"binary", "12 MB", megabytes(r.About.Binary), r.About.Binary < 12e6},
		promise{"image", "12 MB", megabytes(r.About.Image), r.About.Image < 12e6})
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
