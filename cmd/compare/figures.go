// The figures: medians with their bounds, and whether the gate kept the limits that the project sets it.

package main

import (
	"fmt"
	"slices"
	"time"
)

// A spread is the median, the least and the most of some figures.
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

// A storyResult has the samples of a story.
type storyResult struct {
	Title   string
	Truth   truth
	Samples [2][]sample // by program
}

// A result is one run of this command.
type result struct {
	Conditions conditions
	Runs       int
	Stories    []storyResult
}

// conditions are what the figures were measured with.
type conditions struct {
	Date                         time.Time
	Machine, Go, Client          string
	Binary, Image, Install, Node int64 // bytes
}

// correct reports whether a program did what it should: it did not open too early, and it failed if the deploy
// failed. If it must not open and never ends, that is correct, too, though its user has to find out why.
func correct(t truth, s sample) bool {
	switch t.End {
	case "opens", "fails":
		return s.End == t.End && s.At >= t.At
	}
	return s.End != "opens"
}

func allCorrect(t truth, samples []sample) bool {
	return !slices.ContainsFunc(samples, func(s sample) bool { return !correct(t, s) })
}

// spreadIn is the spread of one figure in the samples.
func spreadIn(samples []sample, figure func(sample) float64) spread {
	var all []float64
	for _, s := range samples {
		all = append(all, figure(s))
	}
	return spreadOf(all)
}

// allSamples are the samples of a program in all stories.
func (r *result) allSamples(which int) []sample {
	var all []sample
	for _, t := range r.Stories {
		all = append(all, t.Samples[which]...)
	}
	return all
}

// The figures of a sample, in the units of the tables.
func requests(s sample) float64   { return float64(s.Requests) }
func rate(s sample) float64       { return s.Rate }
func busyMinute(s sample) float64 { return float64(s.Busiest) }
func cpu(s sample) float64        { return s.CPU }
func memory(s sample) float64     { return s.Memory / (1 << 20) }
func firstAsked(s sample) float64 { return s.First.Seconds() * 1000 }
func firstList(s sample) float64  { return s.FirstList.Seconds() * 1000 }

// A promise is a limit that the gate should keep.
type promise struct {
	what, limit, seen string
	kept              bool
}

// promises compares the gate's figures with its limits. In all these stories the gate can read the log.
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
		n, rate := spreadIn(measured.Samples[theGate], requests), spreadIn(measured.Samples[theGate], rate)
		minute := spreadIn(measured.Samples[theGate], busyMinute)
		all = append(all,
			promise{"API requests, measured deploy", "30", n.write("%.0f", ""), n.most <= 30},
			promise{
				"API requests a minute, measured deploy", "6 in the mean",
				rate.write("%.1f", "") + "; in the busiest minute after the first " + minute.write("%.0f", ""), rate.most <= 6,
			})
	}
	for i, t := range r.Stories {
		if i > 0 {
			rate := spreadIn(t.Samples[theGate], rate)
			all = append(all, promise{"API requests a minute, " + t.Title, "6 in the mean", rate.write("%.1f", ""), rate.most <= 6})
		}
	}
	list, peak := spreadIn(r.allSamples(theGate), firstList), spreadIn(r.allSamples(theGate), memory)
	return append(all,
		promise{"start to first dyno list", "150 ms", list.write("%.0f", " ms"), list.most <= 150},
		promise{"peak memory", "32 MiB", peak.write("%.1f", " MiB"), peak.most < 32},
		promise{"binary", "12 MB", megabytes(r.Conditions.Binary), r.Conditions.Binary < 12e6},
		promise{"image", "12 MB", megabytes(r.Conditions.Image), r.Conditions.Image < 12e6})
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
