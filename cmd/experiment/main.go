// Command experiment repeats the measured deploy, and others, on an app of its own, with the gate beside
// it: on the simulated Heroku in its own process, or on the real one.
package main

import "time"

// longest is how long a plan may take.
const longest = 30 * time.Minute

func main() {}
