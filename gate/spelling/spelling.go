// The closest word.

package spelling

// Closest is the word that is most like the one typed. It is empty if more than a third of the
// letters would have to change.
func Closest(typed string, words []string) string {
	best, fewest := "", 0
	for _, w := range words {
		if n := edits(typed, w); best == "" || n < fewest {
			best, fewest = w, n
		}
	}
	if 3*fewest > max(3, len(typed), len(best)) {
		return ""
	}
	return best
}

// edits is the smallest number of edits that turn a into b. An edit adds, removes or changes one
// letter, or swaps two neighbours.
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
