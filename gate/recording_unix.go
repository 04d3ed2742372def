//go:build unix

// Whose a recording is, where files have owners.

package gate

import (
	"os"
	"path/filepath"
	"syscall"
)

// giveToOwnerOfFolder gives a new file to the owner of its folder if root made it. In a
// workflow the container's user is root, and the next step, which uploads the file, is run by
// the owner of the workspace. If it cannot be given, it stays root's.
func giveToOwnerOfFolder(f *os.File, path string) {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || os.Geteuid() != 0 {
		return
	}
	if owner, ok := folder.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(owner.Uid), int(owner.Gid))
	}
}
