// Versions, their form and order, and the command tags: the tags v1 and v1.2, which move to new versions.

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// semantic is the form of a version at semver.org, without build metadata: the tag of an image cannot contain
// the "+".
var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?$`)

// A version has three numbers, and for a pre-release a suffix such as "-rc.1".
type version struct {
	numbers    []int
	prerelease string
}

func parse(text string) (version, error) {
	parts := semantic.FindStringSubmatch(text)
	if parts == nil {
		return version{}, fmt.Errorf("version %q: write it as v1.2.3 or v1.2.3-rc.1", text)
	}
	v := version{prerelease: parts[4]}
	for _, digits := range parts[1:4] {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return version{}, fmt.Errorf("version %q: %q is too large a number", text, digits)
		}
		v.numbers = append(v.numbers, n)
	}
	return v, nil
}

// newer returns the tags of newer versions. It leaves out pre-releases: they do not prevent the release of an
// older version. A pre-release is older than the version with the same numbers.
func (v version) newer(tags []string) []string {
	var newer []string
	for _, tag := range tags {
		other, err := parse(tag)
		if err != nil || other.prerelease != "" { // v1, v1.2, or no version
			continue
		}
		if slices.Compare(other.numbers, v.numbers) > 0 || v.prerelease != "" && slices.Equal(other.numbers, v.numbers) {
			newer = append(newer, tag)
		}
	}
	return newer
}

// movingTags returns the tags that move to a version: v1 and v1.2, unless they are at a newer version.
func (v version) movingTags(tags []string) []string {
	if v.prerelease != "" {
		return nil
	}
	major := fmt.Sprintf("v%d", v.numbers[0])
	minor := fmt.Sprintf("%s.%d", major, v.numbers[1])
	return slices.DeleteFunc([]string{major, minor}, func(moving string) bool {
		return slices.ContainsFunc(v.newer(tags), func(tag string) bool { return strings.HasPrefix(tag, moving+".") })
	})
}

// tags writes which tags move to the version, as output "tags". The workflow asks right before it moves them,
// so that a tag never moves back to an older version.
func (r *release) tags() error {
	v, err := parse(r.version)
	if err != nil {
		return err
	}
	there, err := r.git("tag", "--list", "v*")
	if err != nil {
		return err
	}
	moving := strings.Join(v.movingTags(strings.Fields(there)), " ")
	fmt.Fprintf(r.out, "to %s move %q\n", r.version, moving)
	return r.writeOutput("tags", moving)
}
