// Versions: their form and order, and the tags that follow them.

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// semantic is a version as semver.org has it, without build metadata, which an image's tag
// cannot hold.
var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?$`)

// A version is three numbers, and what makes it a pre-release: "-rc.1".
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

// newer are the tags of versions after this one, pre-releases left out. All others are
// older: also a pre-release of the same numbers, and one of a later version stands in
// nobody's way.
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

// following are the tags that move to a version: v1 and v1.2, unless a newer version has
// taken them.
func (v version) following(tags []string) []string {
	if v.prerelease != "" {
		return nil
	}
	major := fmt.Sprintf("v%d", v.numbers[0])
	minor := fmt.Sprintf("%s.%d", major, v.numbers[1])
	return slices.DeleteFunc([]string{major, minor}, func(moving string) bool {
		return slices.ContainsFunc(v.newer(tags), func(tag string) bool { return strings.HasPrefix(tag, moving+".") })
	})
}

// tags reports which tags move to the version. It is asked when they move: where an older
// version comes late, nothing goes back.
func (r *release) tags() error {
	v, err := parse(r.version)
	if err != nil {
		return err
	}
	there, err := r.git("tag", "--list", "v*")
	if err != nil {
		return err
	}
	moving := strings.Join(v.following(strings.Fields(there)), " ")
	fmt.Fprintf(r.out, "to %s move %q\n", r.version, moving)
	return r.tell("tags", moving)
}
