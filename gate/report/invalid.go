// Invalid inputs.

package report

import (
	"errors"
	"strings"
)

// oneLine writes joined errors as one sentence.
func oneLine(err error) string {
	var texts []string
	for _, e := range flatten([]error{err}) {
		texts = append(texts, e.Error())
	}
	return strings.Join(texts, "; ")
}

// Invalid reports invalid inputs: each one in the log, and all together in the outputs.
// There is no summary, since nothing happened.
func (r *Report) Invalid(problems []error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, p := range flatten(problems) {
		texts = append(texts, r.text(p.Error(), 600))
	}
	message := r.text(strings.Join(texts, "; "), 1000)
	if message == "" {
		message = "the inputs are not valid"
	}

	var err error
	if r.outputs {
		err = r.writeOutputs(invalidValues(message))
	}
	err = errors.Join(err, r.writeResult(invalidValues(message)))
	for _, t := range texts {
		r.out.sentence("invalid input: " + t)
	}
	const title = "nothing was started: invalid input"
	if r.actions {
		r.annotate(bad, title, message)
	} else {
		r.out.colored(bad, title)
	}
	return errors.Join(err, r.out.err)
}

// flatten splits joined errors.
func flatten(errs []error) []error {
	var flat []error
	for _, err := range errs {
		if err == nil {
			continue
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			flat = append(flat, flatten(joined.Unwrap())...)
			continue
		}
		flat = append(flat, err)
	}
	return flat
}
