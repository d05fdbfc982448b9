//go:build unix

package cli

import "golang.org/x/sys/unix"

// freeSpace is how many bytes this user may still write in a folder.
func freeSpace(folder string) (bytes uint64, known bool) {
	var fs unix.Statfs_t
	if err := unix.Statfs(folder, &fs); err != nil {
		return 0, false
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), true
}
