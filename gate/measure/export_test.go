// What the tests from outside may see of the inside.

package measure

// Remembered is how many labels are, and how many lines and versions of one.
func Remembered(m *Measure, name string) (labels, lines, versions int) {
	return len(m.labels), len(m.labels[name].lines), len(m.labels[name].states)
}

// States are those of the records of a label, by their versions.
func States(m *Measure, name string) map[int]string { return m.labels[name].states }
