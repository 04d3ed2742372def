// The terminal that the program may run on.

package gate

import (
	"os"

	"golang.org/x/term"
)

// Terminal reports whether a file is a terminal. width returns how many columns it has at the moment, since
// people resize terminals; 0: not known.
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
