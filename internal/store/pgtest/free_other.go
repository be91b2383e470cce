//go:build !linux

package pgtest

// free knows no place in memory.
func free(string) uint64 { return 0 }
