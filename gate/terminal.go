// The terminal that the program may run on.

package gate

import (
	"os"

	"golang.org/x/term"
)

// Terminal tells whether a file is a terminal, and how many columns it has whenever that is
// asked: people resize it.
func Terminal(f *os.File) (is bool, width func() int) {
	if !term.IsTerminal(int(f.Fd())) {
		return false, nil
	}
	return true, func() int {
		w, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return w
	}
}
