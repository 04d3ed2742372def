package tiny

import "testing"

func TestEnds(t *testing.T) {
	if !Ends(true, true, false) || Ends(false, true, false) || !Ends(true, false, false) {
		t.Error("it ends wrongly")
	}
}

func TestDoor(t *testing.T) {
	var none *door
	if none.Open() || (&door{next: &door{}}).Depth() != 2 {
		t.Error("doors are counted wrongly")
	}
	d := door{}
	if d.Set(true); !d.Open() {
		t.Error("it is not open")
	}
}

func TestWord(t *testing.T) {
	for n, want := range map[int]string{1: "few", 3: "many", 40: "forty", 55: ""} {
		if got := Word(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestBetween(t *testing.T) {
	if Between(1, 7, 5) != 5 {
		t.Error("it is above")
	}
}

func TestNamed(t *testing.T) {
	if Named([]string{"a", "b", "", "c"}) != 2 {
		t.Error("named wrongly")
	}
}

func TestSlow(t *testing.T) {}
