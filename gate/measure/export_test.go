// What tests of package measure_test may see of this package.

package measure

// Remembered is how many labels are remembered, and how many lines and versions of one label.
func Remembered(m *Measure, name string) (labels, lines, versions int) {
	return len(m.labels), len(m.labels[name].lines), len(m.labels[name].states)
}

// States are the states of the records of a label, by version.
func States(m *Measure, name string) map[int]string { return m.labels[name].states }
