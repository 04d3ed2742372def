// Package herokusim is a simulated Heroku: the Platform API and the log streams of one app, playing a story whose truth is known, or of an account that can be written to.
//
// A [Scenario] says what happens to the app; it is a YAML file that a person can
// read and write, or a value that a program builds. [Scenario.Play] works the
// whole story out beforehand: what every list says from when on, every line of
// the log, and the truth, which Heroku itself tells nobody: when each process
// started and ended. A [Server] then only answers for "now".
//
// To an [Account] can be written, as an experiment does: it makes apps, builds, scales
// and deletes them. Each app has a story, too, which every request that writes lets grow
// from its moment on.
//
// It takes nothing from the gate that is tested against it and nothing from
// Heroku's client library, so that a mistake there is not repeated here.
// What it imitates is either documented or captured from real apps; where
// Heroku's behaviour is not known, the scenario decides; docs/simulator.md says
// of everything which it is.
package herokusim
