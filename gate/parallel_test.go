// How many tests of this package run at the same time.

package gate_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// atOnce is more than the number of processors: many tests wait for real processes and sockets, and need no
// processor meanwhile.
const atOnce = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) { // it was not given
		if err := f.Value.Set(atOnce); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
