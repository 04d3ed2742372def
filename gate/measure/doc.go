// Package measure tells what a roll-out has shown of Heroku: when the old processes were stopped, how long
// they took to end, how late lists and log were, and how long a hold would have been.
//
// It is a fold beside the core's, over the same observations, and decides nothing. Which processes are old,
// and whether the end of each was seen, it takes from the core's picture. A figure is only told where the
// observations show it; in place of any other stands why it was not seen.
//
//   - measure.go: the fold, and what it remembers
//   - ends.go: the ends of the old processes of one label
//   - figures.go: the figures of a whole run
//   - figure.go: a figure, which was seen or was not; medians
package measure
