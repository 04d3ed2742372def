// The version of this program.

package gate

import (
	"runtime/debug"
	"strings"
)

// Version returns the version and the commit that the Go tool chain wrote into the program, for people. A
// program that was built in a checkout has both; a program from "go install" has only the version.
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
