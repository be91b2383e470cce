package pgtest

import "syscall"

// dieWithParent has the kernel stop the server at once when we are gone.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Pdeathsig = syscall.SIGQUIT
	return attr
}
