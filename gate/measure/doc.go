// Package measure measures what a roll-out shows of Heroku: when Heroku stopped the old processes, how long
// they took to end, how late lists and log were, and how long a hold would have been.
//
// It reads the same observations as the core, and decides nothing. It takes from the core's picture which
// processes are old, and whether their ends are proven. A figure is given only if the
// observations show it; otherwise the reason why not is given.
//
//   - measure.go: what is remembered of the observations
//   - ends.go: the ends of the old processes of one label
//   - figures.go: the figures of a whole run
//   - figure.go: one figure, seen or not; medians
package measure
