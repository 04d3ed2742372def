// Pieces of captures, each with a scenario in which the same happens.

package herokusim

import "time"

// A capturedCase is a piece of a capture, and a scenario in which the same happens.
type capturedCase struct {
	file, from, to string
	drop           string // what the simulator does not model, as a text in the shape
	scenario       string // events in YAML after the types
	begin, end     time.Duration
}

const minute = time.Minute

var capturedCases = map[string]capturedCase{
	"deploy": {"034", "2026-02-27T17:49:53", "2026-02-27T17:50:18", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, deploy: {build: {takes: 19s}}}]", 0, minute},
	"deploy whose old process is killed": {"007", "2025-01-09T02:33:57", "2025-01-09T02:34:29", "",
		"app: {stack: container}\ntypes: {worker: {quantity: 1}}\nevents: [{at: 0s, deploy: {}, timing: {worker: {start: 11s, up: 12s, stop: 30s}}}]", 0, minute},
	"replacement that starts first": {"009", "2026-06-09T16:13:36", "2026-06-09T16:14:09", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, restart: {all: true}, timing: {web: {start: 1.2s, term: 1.3s, up: 3s, stop: 30s}}}]", 0, minute},
	"release phase, 2025": {"059", "2025-02-07T15:32:58", "2025-02-07T15:33:58", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, deploy: {build: {takes: 41s}, phase: {takes: 11s}}}]", 0, 2 * minute},
	"release phase, 2026": {"062", "2026-07-20T14:08:32", "2026-07-20T14:09:31", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, deploy: {build: {takes: 38s}, phase: {takes: 11s}}}]", 0, 2 * minute},
	"rollback": {"025", "2023-03-12T06:38:54", "2023-03-12T06:39:00", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, rollback: {to: 40}}]", 0, minute},
	"config change": {"021", "2022-09-07T14:05:49", "2022-09-07T14:05:59", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, config: {}}]", 0, minute},
	"config change before the dyno is up": {"021", "2022-09-07T14:05:11", "2022-09-07T14:05:35", "",
		"types: {web: {quantity: 1}}\nevents:\n  - {at: 0s, crash: {label: web.1, back: 2s}, timing: {web: {start: 5s, up: 30s}}}\n  - {at: 10s, config: {}}", 2 * time.Second, minute},
	"deploy that crashes twice": {"035", "2025-03-02T15:52:18", "2025-03-02T15:52:50", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, crash: {label: web.1, stays: true}}, {at: 5s, deploy: {build: {takes: 19s}}, timing: {web: {crash: 2}}}]", 5 * time.Second, minute},
	"first deploy": {"038", "2022-05-19T20:43:06", "2022-05-19T20:44:13.5", "",
		"young: true\ntypes: {web: {quantity: 1}}\nevents: [{at: 0s, deploy: {build: {takes: 58s}}, timing: {web: {crash: 1, up: 3s}}}]", 0, 62 * time.Second},
	"running dyno crashes": {"066", "2019-06-20T03:12:31", "2019-06-20T03:13:36", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, crash: {label: web.1, back: 1s}}, {at: 20s, crash: {label: web.1, stays: true}}]", 1500 * time.Millisecond, minute},
	"boot timeout": {"070", "2022-04-14T17:30:43", "2022-04-14T17:30:48", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, restart: {all: true}, timing: {web: {crash: 1, r10: true}}}]", 10 * time.Second, 64 * time.Second},
	"scaled to zero": {"006", "2025-01-07T22:48:45", "2025-01-07T22:49:16", "",
		"types: {web: {quantity: 0, size: basic}, worker: {quantity: 1, size: basic}}\nevents: [{at: 0s, scale: {web: 0, worker: 0}, timing: {worker: {stop: 30s}}}]", 0, minute},
	"scaled from zero": {"006", "2025-01-07T22:50:24", "2025-01-07T22:50:36", "",
		"types: {web: {quantity: 0, size: basic}, worker: {quantity: 0, size: basic}}\nevents: [{at: 0s, scale: {web: 0, worker: 1}}]", 0, minute},
	"restart": {"030", "2021-01-22T01:56:40", "2021-01-22T01:56:45", "",
		"types: {worker: {quantity: 1}}\nevents: [{at: 0s, restart: {label: worker.1}}]", 0, minute},
	"daily cycle": {"074", "2023-07-17T01:07:08", "2023-07-17T01:07:14", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, cycle: web.1, timing: {web: {start: 5s, up: 9s}}}]", 0, 6 * time.Second},
	"sleep and wake": {"046", "2025-03-16T16:24:23", "2025-03-18T10:45:16", "",
		"types: {web: {quantity: 1, size: eco}}\nevents: [{at: 0s, idle: true}, {at: 60s, wake: true}]", 0, 2 * minute},
	"one-off dyno, 2025": {"059", "2025-02-07T16:00:33", "2025-02-07T16:00:44", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, run: {label: run.1576, takes: 10s, status: 1}}]", 0, minute},
	"one-off dyno, 2018": {"057", "2018-01-05T09:31:38", "2018-01-05T09:31:55", "Awaiting client",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, run: {label: run.9415, takes: 10s, start-line: true}}]", 0, minute},
	"scheduler": {"058", "2025-06-27T00:00:32", "2025-06-27T00:00:40", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, scheduler: {label: scheduler.2733, takes: 10s}}]", 0, minute},
	"failed build": {"042", "2019-05-04T19:32:18", "2019-05-04T19:32:51", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, deploy: {build: {takes: 30s, fails: true}}}]", 0, minute},
	// These are quoted in the facts about Heroku.
	"deploy, 2018": {"facts", "2018-08-27T21:36", "2018-08-27T21:38", "Build succeeded",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, deploy: {build: {takes: 20s}}}]", 0, 20500 * time.Millisecond},
	"boot timeout, 2020": {"facts", "2020-06-06T11:16", "2020-06-06T11:17", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, restart: {all: true}, timing: {web: {crash: 1, r10: true}}}]", 10 * time.Second, 61200 * time.Millisecond},
	"replacement of the facts": {"facts", "2026-06-09T16:13", "2026-06-09T16:15", "",
		"types: {web: {quantity: 1}}\nevents: [{at: 0s, restart: {all: true}, timing: {web: {start: 1.2s, term: 1.3s, up: 3s, stop: 30s}}}]", 0, minute},
	// Two lines of the first moment are all that is known about a log with preboot.
	"preboot": {"001", "2015", "2016", "app[api]",
		"app: {preboot: true}\ntypes: {web: {quantity: 2}}\nevents: [{at: 0s, deploy: {}}]", 0, time.Second},
}
