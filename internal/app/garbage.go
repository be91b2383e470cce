package app

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// heapGrowth is by how many percent the heap may grow before garbage is
// collected. What lives is a few MiB and each launch leaves 60 KiB behind: at
// Go's 100 percent a busy server spends a tenth of its time collecting.
const heapGrowth = 300

// CollectSeldom has this process trade some tens of MiB under load for CPU
// time, up to half of the memory that it may use, unless the operator says
// otherwise by GOGC and GOMEMLIMIT.
func CollectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if memory := memoryOf(os.DirFS("/")); os.Getenv("GOMEMLIMIT") == "" && memory < math.MaxInt64 {
		debug.SetMemoryLimit(memory / 2) // SQLite has its own beside the heap
	}
}

// memoryOf returns how many bytes this process may use on a Linux machine: what
// there is, or what its control group, or one above, allows. math.MaxInt64 where
// that is not known.
func memoryOf(root fs.FS) int64 {
	least := int64(math.MaxInt64)
	if kib, ok := field(root, "proc/meminfo", "MemTotal:"); ok {
		least = min(least, kib*1024)
	}
	group, _ := line(root, "proc/self/cgroup", "0::")
	for folder := path.Join("sys/fs/cgroup", group); strings.HasPrefix(folder, "sys/fs/cgroup"); folder = path.Dir(folder) {
		if bytes, ok := field(root, folder+"/memory.max", ""); ok {
			least = min(least, bytes)
		}
	}
	return least
}

// field returns the number that a line begins with, behind a prefix.
func field(root fs.FS, file, prefix string) (int64, bool) {
	rest, _ := line(root, file, prefix)
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	return n, err == nil && n > 0
}

// line returns what follows a prefix in the first line that has it.
func line(root fs.FS, file, prefix string) (string, bool) {
	raw, _ := fs.ReadFile(root, file)
	for text := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}
