package pgtest

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	folderPattern = "greenroom-pg-*"
	newPattern    = "greenroom-new-pg-*"
	ownerFile     = "owner"
)

// Clusters lie on the disk, or in memory if they keep nothing: a database is
// hundreds of files, and making files is most of the time that it takes. A
// socket's path must be short, and as root the server's user has to get there,
// so it is /tmp and not what TMPDIR says.
const (
	disk   = "/tmp"
	memory = "/dev/shm"
)

// roomInMemory is what has to be free, in bytes, before a cluster goes there.
const roomInMemory = 2 << 30

// quickPlace is where a cluster lies that keeps nothing.
func quickPlace() string {
	if free(memory) >= roomInMemory {
		return memory
	}
	return disk
}

// serverUser is who runs the server: PostgreSQL refuses to be root's. Nil
// means ourselves.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

// newFolder makes the folder of a cluster. It gets the name that sweep looks
// for once its owner file is locked.
func newFolder(place string, who *syscall.Credential) (*cluster, error) {
	folder, err := os.MkdirTemp(place, newPattern)
	if err != nil {
		return nil, err
	}
	owner, err := os.Create(filepath.Join(folder, ownerFile))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(folder, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	ready := strings.Replace(folder, "-new-pg-", "-pg-", 1)
	if err := os.Rename(folder, ready); err != nil {
		return nil, err
	}
	return &cluster{folder: ready, owner: owner}, nil
}

// sweep removes the folders of processes that were killed: their locks are free.
func sweep() {
	onDisk, _ := filepath.Glob(filepath.Join(disk, folderPattern)) // the pattern is a good one
	inMemory, _ := filepath.Glob(filepath.Join(memory, folderPattern))
	for _, folder := range append(onDisk, inMemory...) {
		owner, err := os.Open(filepath.Join(folder, ownerFile))
		if err != nil {
			continue // another's, or just being made
		}
		if syscall.Flock(int(owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(folder)
		}
		_ = owner.Close()
	}
}
