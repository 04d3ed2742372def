// The result for scripts: the outputs as one JSON object.

package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// isJSON reports whether the value of an output, unless it is empty, is JSON already: a number, true or
// false, or the report.
func (o *Output) isJSON() bool {
	return strings.HasSuffix(o.Name, "-seconds") || slices.Contains([]string{"old-remaining", "new-up", "new-wanted", "new-release", "report"}, o.Name)
}

// object writes the outputs as a JSON object on one line. An output that is empty or not in vs is null.
func object(vs []outputValue) string {
	var b strings.Builder
	for i, o := range Outputs {
		value := ""
		if at := slices.IndexFunc(vs, func(v outputValue) bool { return v.name == o.Name }); at >= 0 {
			value = vs[at].value
		}
		switch {
		case value == "":
			value = "null"
		case o.isJSON():
		default:
			quoted, _ := json.Marshal(value) // never fails for a string
			value = string(quoted)
		}
		sep := ","
		if i == 0 {
			sep = "{"
		}
		fmt.Fprintf(&b, "%s%q:%s", sep, o.Name, value)
	}
	return b.String() + "}\n"
}

// writeResult writes the object, if Options.Result is set.
func (r *Report) writeResult(vs []outputValue) error {
	if r.result == nil {
		return nil
	}
	if _, err := r.result.Write([]byte(r.secrets.redact(object(vs)))); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
