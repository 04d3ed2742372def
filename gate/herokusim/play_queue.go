// The queue of planned moments, and random numbers.

package herokusim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// random returns the random numbers for what is computed after the play. A writable app has
// separate ones for each kind, so that later writes do not change what was before.
func (p *play) random(kind uint64) *rand.Rand {
	if p.grows == nil {
		return p.rng
	}
	return rand.New(rand.NewPCG(uint64(p.sc.Seed), 41+kind))
}

func (p *play) uuid() string { return uuid(p.rng) }

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// A moment is a planned function call.
type moment struct {
	at  time.Duration
	seq int // at the same time, the moment that was planned first comes first
	do  func()
}

type queue []moment

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q *queue) Push(x any) { *q = append(*q, x.(moment)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
