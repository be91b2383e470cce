package app

import "golang.org/x/sys/windows"

// diskFree returns the bytes that are left for a folder's files.
func diskFree(folder string) (free uint64, err error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err
}
