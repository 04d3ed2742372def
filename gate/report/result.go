// The result as JSON: what the outputs hold as one object, for scripts.

package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// isNumber reports whether an output is one, unless it is empty.
func (o *Output) isNumber() bool {
	return strings.HasSuffix(o.Name, "-seconds") || slices.Contains([]string{"old-remaining", "new-up", "new-wanted"}, o.Name)
}

// object is the outputs as a JSON object on one line. An output that is empty, or that is not
// among the values, is null.
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
		case o.isNumber() || o.Name == "report": // it is JSON already
		default:
			quoted, _ := json.Marshal(value) // of a string it never fails
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

// writeResult prints the object, where it is asked for.
func (r *Report) writeResult(vs []outputValue) error {
	if r.result == nil {
		return nil
	}
	if _, err := r.result.Write([]byte(r.secrets.redact(object(vs)))); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
