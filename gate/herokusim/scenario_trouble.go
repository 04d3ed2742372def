// This file is for the words of a scenario that tell what is wrong with the log and the API.

package herokusim

import "time"

// Log is what is wrong with the log.
type Log struct {
	Refused int  `yaml:"refused,omitempty"` // status that answers a POST of a session
	L20     bool `yaml:"l20,omitempty"`     // the stream says L20 and ends
	// History is how many lines are kept. Nil means 1500, or 0 on Fir.
	History *int `yaml:"history,omitempty"`
	// Cut is how long a stream lives. Zero means 15 minutes.
	Cut         time.Duration `yaml:"cut,omitempty"`
	Heartbeat   time.Duration `yaml:"heartbeat,omitempty"` // zero means none
	SilentAfter time.Duration `yaml:"silent-after,omitempty"`
	// DeafAfter is when a stream has no more lines, though heartbeats go on.
	DeafAfter time.Duration `yaml:"deaf-after,omitempty"`
	// PlainText gives text whatever form is asked for. (On Fir, text has no line ends.)
	PlainText bool `yaml:"plain-text,omitempty"`
	Chunk     int  `yaml:"chunk,omitempty"` // bytes in a write; zero means whole lines
	// JoinLoss keeps lines of the first 200 ms of a tail out of it.
	JoinLoss bool    `yaml:"join-loss,omitempty"`
	Lose     []Lose  `yaml:"lose,omitempty"`
	Late     *Late   `yaml:"late,omitempty"`
	Double   float64 `yaml:"double,omitempty"` // chance of a line to come twice
	// LoseLines is the chance of a platform line to be lost without a notice.
	LoseLines float64       `yaml:"lose-lines,omitempty"`
	APILate   time.Duration `yaml:"api-late,omitempty"` // app[api] lines come this much later
	// MetricsLate is how late a line of runtime metrics comes at the most, MetricsLose the chance of
	// one to be lost without a notice.
	MetricsLate time.Duration `yaml:"metrics-late,omitempty"`
	MetricsLose float64       `yaml:"metrics-lose,omitempty"`
}

// Lose is a time in which lines are lost.
type Lose struct {
	From  time.Duration `yaml:"from"`
	To    time.Duration `yaml:"to"`
	Share *float64      `yaml:"share,omitempty"` // nil means all of them
	// Notice is the error that tells of it at the end: L11, L12, L13, or empty.
	Notice string `yaml:"notice,omitempty"`
	// Kept leaves the lines in the history: only the tail loses them.
	Kept bool `yaml:"kept,omitempty"`
}

// Late makes lines come later than their stamp.
type Late struct {
	Share float64       `yaml:"share"`
	By    time.Duration `yaml:"by"`
}

// Fault makes the Platform API answer badly for a while.
type Fault struct {
	// Zero leaves the beginning, or the end, open.
	From time.Duration `yaml:"from,omitempty"`
	To   time.Duration `yaml:"to,omitempty"`
	Path string        `yaml:"path,omitempty"` // part of the path; empty means all
	// Request is a method and the whole of a path, in which an asterisk is one segment.
	Request string `yaml:"request,omitempty"`
	// Page limits it to the first page of a list (1) or to the further ones (2).
	Page  int      `yaml:"page,omitempty"`
	Share *float64 `yaml:"share,omitempty"` // nil means always
	// Delay comes before whatever else is wrong.
	Delay   time.Duration `yaml:"delay,omitempty"`
	Status  int           `yaml:"status,omitempty"`
	Body    string        `yaml:"body,omitempty"`
	HTML    bool          `yaml:"html,omitempty"` // the body is a page for people
	Hang    bool          `yaml:"hang,omitempty"` // no answer at all
	Reset   bool          `yaml:"reset,omitempty"`
	CutBody bool          `yaml:"cut-body,omitempty"` // half of the body, then a reset
	Stale   time.Duration `yaml:"stale,omitempty"`    // answers as this long ago
	// Clock moves the Date of the answers; NoDate leaves it out.
	Clock  time.Duration `yaml:"clock,omitempty"`
	NoDate bool          `yaml:"no-date,omitempty"`
	// Trickle gives the answer byte by byte, so far apart.
	Trickle time.Duration `yaml:"trickle,omitempty"`
	// RetryAfter is sent with Status: in seconds, or as a "date", or as a "moment" in
	// seconds since 1970.
	RetryAfter   time.Duration `yaml:"retry-after,omitempty"`
	RetryAfterAs string        `yaml:"retry-after-as,omitempty"`
}
