// Package tiny has one condition of every kind that its tests guard, and one that they
// do not: the tests of cmd/mutants know which.
package tiny

// Ends has an if whose first condition is guarded.
func Ends(over, known, asked bool) bool {
	if over && known {
		return true
	}
	return asked || over
}

type door struct {
	next *door
	open bool
}

// Open panics without the first operand.
func (d *door) Open() bool { return d != nil && d.open }

// Depth would not end if the condition of its loop always held: that is not tried.
func (d *door) Depth() int {
	n := 0
	for ; d != nil; d = d.next {
		n++
	}
	return n
}

// Word has a value in a case, and a whole case, that no test gives.
func Word(n int) string {
	switch m := n % 10; m {
	case 1, 2:
		return "few"
	case 3:
		return "many"
	}
	switch {
	case n == 40:
		return "forty"
	case n > 1000:
		return "too many"
	}
	return ""
}

// Between keeps n within a and b; that it is not above b is guarded.
func Between(a, n, b int) int { return max(a, min(n, b)) }

// Named counts words up to an empty one.
func Named(words []string) (n int) {
loop:
	for _, w := range words {
		switch w {
		case "":
			break loop
		}
		n++
	}
	return n
}

// Set has two assignments; one is guarded.
func (d *door) Set(open bool) {
	d.open = open
	d.next = nil
}
