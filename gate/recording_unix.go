//go:build unix

// The owner of a recording, on systems where files have owners.

package gate

import (
	"os"
	"path/filepath"
	"syscall"
)

// giveToOwnerOfFolder makes the owner of the folder the owner of a new file, if this program runs as root. In a
// workflow the container runs as root, but the next step, which uploads the file, runs as the owner of the
// workspace. If the owner cannot be changed, it stays root.
func giveToOwnerOfFolder(f *os.File, path string) {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || os.Geteuid() != 0 {
		return
	}
	if owner, ok := folder.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(owner.Uid), int(owner.Gid))
	}
}
