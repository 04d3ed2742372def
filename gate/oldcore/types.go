// Process types that the caller names: does the formation have them?

package oldcore

import (
	"slices"
	"strings"
)

// unknownType is a process type that the caller named and the formation does not
// have, nor had at the start; empty if there is none.
func (r *Rollout) unknownType() string {
	if r.full == nil || len(r.full.Formation) == 0 {
		return ""
	}
	for _, t := range r.cfg.Types {
		if _, ok := r.fleet.formation[t]; !ok {
			return t
		}
	}
	return ""
}

// typesDue tells whether the newest full look must show all process types that the
// target brings.
func (r *Rollout) typesDue() bool {
	rel, at := r.target.rel, r.clock.now(r.full.AskedAt)
	return rel != nil && rel.Status == "succeeded" && !at.Before(rel.UpdatedAt.Add(listLag))
}

// have lists the process types of the formation.
func (r *Rollout) have() string {
	var types []string
	for _, f := range r.full.Formation {
		types = append(types, f.Type)
	}
	slices.Sort(types)
	return strings.Join(types, ", ")
}

// closest is the process type that a misspelt one is most likely meant to be: no
// more than a third of it is written otherwise. Empty if there is none.
func closest(typed string, formation []Formation) string {
	best, least := "", 0
	for _, f := range formation {
		d := edits(typed, f.Type)
		if d <= max(1, len(typed)/3, len(f.Type)/3) && (best == "" || d < least) {
			best, least = f.Type, d
		}
	}
	return best
}

// edits is the number of letters to put in, take out, change, or swap with the next
// one, to make b of a.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
