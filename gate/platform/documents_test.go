// The table of requests in SECURITY.md is the list of requests that may be sent.

package platform

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

func TestSecurityListsAllAllowedRequests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var told, may []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^`]*)` \\| .{10,} \\|$").FindAllStringSubmatch(string(page), -1) {
		told = append(told, m[1])
	}
	for _, a := range allowed {
		may = append(may, a.method+" "+a.path)
	}
	if !slices.Equal(told, may) {
		t.Errorf("SECURITY.md lists\n%q, and the program may send\n%q", told, may)
	}
}
