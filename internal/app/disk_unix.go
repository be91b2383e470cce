//go:build !windows

package app

import "syscall"

// diskFree returns the bytes that are left for a folder's files.
func diskFree(folder string) (uint64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, err
	}
	return disk.Bavail * uint64(disk.Bsize), nil
}
