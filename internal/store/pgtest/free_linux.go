package pgtest

import "syscall"

// free tells how many bytes a place has room for, 0 if there is no such place.
func free(place string) uint64 {
	var s syscall.Statfs_t
	if syscall.Statfs(place, &s) != nil {
		return 0
	}
	return s.Bavail * uint64(s.Bsize)
}
