// Which version of the program this is.

package gate

import (
	"runtime/debug"
	"strings"
)

// Version is what the Go tool chain wrote into the program, for people: its version, as
// far as it is known, and the commit. A program that was built in a checkout has both, one
// from "go install" its version alone.
func Version(info *debug.BuildInfo) string {
	if info == nil {
		return "devel"
	}
	version, commit, changed := info.Main.Version, "", false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	switch {
	case commit == "" || strings.Contains(version, commit): // as in v0.0.0-20260131120000-0123456789ab
		return version
	case changed:
		return version + " (commit " + commit + ", with changes)"
	}
	return version + " (commit " + commit + ")"
}
