// How many tests of this package run side by side.

package gate_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// atOnce is more than there are processors: many tests wait for real processes and sockets, and take no
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
