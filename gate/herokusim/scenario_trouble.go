// The words of a scenario for faults of the log and the API.

package herokusim

import "time"

// Log has the faults of the log.
type Log struct {
	Refused int  `yaml:"refused,omitempty"` // the status that answers requests for a log session; zero means none
	L20     bool `yaml:"l20,omitempty"`     // the stream says L20 and ends
	// History is how many lines are kept. Nil means 1500, or 0 on Fir.
	History *int `yaml:"history,omitempty"`
	// Cut is how long a stream lives. Zero means 15 minutes.
	Cut         time.Duration `yaml:"cut,omitempty"`
	Heartbeat   time.Duration `yaml:"heartbeat,omitempty"` // zero means none
	SilentAfter time.Duration `yaml:"silent-after,omitempty"`
	// DeafAfter is when a stream stops sending lines, though it still sends heartbeats. Zero means never.
	DeafAfter time.Duration `yaml:"deaf-after,omitempty"`
	// PlainText sends text even if the client asks for events. (On Fir, text has no line ends.)
	PlainText bool `yaml:"plain-text,omitempty"`
	Chunk     int  `yaml:"chunk,omitempty"` // bytes in a write; zero means whole lines
	// JoinLoss loses the lines of the first 200 ms of a tail.
	JoinLoss bool    `yaml:"join-loss,omitempty"`
	Lose     []Lose  `yaml:"lose,omitempty"`
	Late     *Late   `yaml:"late,omitempty"`
	Double   float64 `yaml:"double,omitempty"` // the chance that a line comes twice
	// LoseLines is the chance that a line of Heroku is lost without a notice.
	LoseLines float64       `yaml:"lose-lines,omitempty"`
	APILate   time.Duration `yaml:"api-late,omitempty"` // app[api] lines come this much later
	// MetricsLate is how late a line of runtime metrics can be at most. MetricsLose is the chance that
	// such a line is lost without a notice.
	MetricsLate time.Duration `yaml:"metrics-late,omitempty"`
	MetricsLose float64       `yaml:"metrics-lose,omitempty"`
}

// Lose is a time in which lines are lost.
type Lose struct {
	From  time.Duration `yaml:"from"`
	To    time.Duration `yaml:"to"`
	Share *float64      `yaml:"share,omitempty"` // the chance that a line is lost; nil means 1
	// Notice is the error that reports the loss at the end: L11, L12, L13, or empty.
	Notice string `yaml:"notice,omitempty"`
	// Kept loses the lines in the tail only; the history still has them.
	Kept bool `yaml:"kept,omitempty"`
}

// Late makes a share of the lines come later than their stamp says.
type Late struct {
	Share float64       `yaml:"share"`
	By    time.Duration `yaml:"by"`
}

// Fault makes the Platform API answer badly for a while.
type Fault struct {
	// From and To: zero means from the beginning, or to the end.
	From time.Duration `yaml:"from,omitempty"`
	To   time.Duration `yaml:"to,omitempty"`
	Path string        `yaml:"path,omitempty"` // part of the request's path; empty means all requests
	// Request is a method and a whole path. In the path, an asterisk stands for one segment.
	Request string `yaml:"request,omitempty"`
	// Page limits the fault to the first page of a list (1) or to the further pages (2).
	Page  int      `yaml:"page,omitempty"`
	Share *float64 `yaml:"share,omitempty"` // the chance that it happens; nil means 1
	// Delay comes before anything else that is wrong.
	Delay   time.Duration `yaml:"delay,omitempty"`
	Status  int           `yaml:"status,omitempty"`
	Body    string        `yaml:"body,omitempty"`
	HTML    bool          `yaml:"html,omitempty"` // the body is a page for people
	Hang    bool          `yaml:"hang,omitempty"` // no answer at all
	Reset   bool          `yaml:"reset,omitempty"`
	CutBody bool          `yaml:"cut-body,omitempty"` // half of the body, then a reset
	Stale   time.Duration `yaml:"stale,omitempty"`    // the answer is this old
	// Clock makes the Date of the answers wrong by this much; NoDate leaves it out.
	Clock  time.Duration `yaml:"clock,omitempty"`
	NoDate bool          `yaml:"no-date,omitempty"`
	// Trickle sends the answer byte by byte. It is the time between two bytes.
	Trickle time.Duration `yaml:"trickle,omitempty"`
	// RetryAfter is sent with Status. RetryAfterAs is its form: empty means a number of
	// seconds, "date" a date, "moment" a Unix time.
	RetryAfter   time.Duration `yaml:"retry-after,omitempty"`
	RetryAfterAs string        `yaml:"retry-after-as,omitempty"`
}
