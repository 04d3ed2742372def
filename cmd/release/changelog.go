// What CHANGELOG.md says about a version, and the notes of its release on GitHub.

package main

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	sectionForm = regexp.MustCompile(`^## \[?v?([^\] ]+)\]?(?: - (\d{4}-\d{2}-\d{2}))?$`)
	linkForm    = regexp.MustCompile(`^\[[^\]]+\]: `)
)

// changes returns the section of a version: "## 1.2.3 - 2026-01-31", or for a pre-release "## [Unreleased]".
func changes(changelog, version string) (string, error) {
	want, prerelease := strings.TrimPrefix(version, "v"), strings.Contains(version, "-")
	if prerelease {
		want = "Unreleased"
	}
	var text strings.Builder
	found := false
	for line := range strings.Lines(changelog) {
		if strings.HasPrefix(line, "## ") {
			if found {
				break
			}
			parts := sectionForm.FindStringSubmatch(strings.TrimSpace(line))
			if found = parts != nil && parts[1] == want; found && !prerelease && parts[2] == "" {
				return "", fmt.Errorf("CHANGELOG.md: %q has no date: write it as \"## %s - 2026-01-31\"", strings.TrimSpace(line), want)
			}
			continue
		}
		if found && !linkForm.MatchString(line) {
			text.WriteString(line)
		}
	}
	section := strings.TrimSpace(text.String())
	if section == "" {
		return "", fmt.Errorf("CHANGELOG.md says nothing under \"## %s\": write what is new in %s", want, version)
	}
	return section, nil
}

// notes is the text of the release on GitHub.
func (r *release) notes(changes, commit string) string {
	return fmt.Sprintf("%s\n\n### This version, pinned\n\n"+
		"```yaml\n- uses: %s@%s # %s\n```\n\n"+
		"That commit names the image `%s@%s`. Where and from what image and archives were built:\n\n"+
		"```sh\ngh attestation verify oci://%[5]s@%[6]s --repo %[2]s --signer-workflow %[2]s/.github/workflows/release.yml\n"+
		"gh attestation verify heroku-rollout-gate_linux_amd64.tar.gz --repo %[2]s --signer-workflow %[2]s/.github/workflows/release.yml\n```\n",
		changes, r.repository, commit, r.version, r.image(), r.digest)
}
