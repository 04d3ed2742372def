// What the tests from outside may see of the inside.

package measure

// Remembered is how many labels are, and how many lines and versions of one.
func Remembered(m *Measure, name string) (labels, lines, versions int) {
	return len(m.labels), len(m.labels[name].lines), len(m.labels[name].states)
}
