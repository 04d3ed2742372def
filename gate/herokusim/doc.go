// Package herokusim is a simulated Heroku: the Platform API and the log streams of one app, which plays a story whose truth is known, or of an account that clients can write to.
//
// A [Scenario] says what happens to the app; it is a YAML file that a person can
// read and write, or a value that a program builds. [Scenario.Play] computes the
// whole story beforehand: what every list shows at any time, every line of the log,
// and the truth, which a real Heroku does not show: when each process started and
// ended. A [Server] then only answers for "now".
//
// Clients can also write to an [Account], as an experiment does: they create apps, and
// build, scale and delete them. Each app has a story, too. Every writing request changes
// what happens in it from then on.
//
// The package uses neither code of the gate, which is tested against it, nor Heroku's
// client library, so it does not repeat a mistake there. What it imitates is either
// documented or captured from real apps. Where Heroku's behaviour is not known, the
// scenario decides. docs/simulator.md says for everything which of these it is.
package herokusim
