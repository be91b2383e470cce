//go:build !linux

package pgtest

import "syscall"

// dieWithParent leaves it to PostgreSQL, which stops when its folder is gone.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }
