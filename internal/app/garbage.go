package app

import (
	"os"
	"runtime/debug"
)

// heapGrowth is by how many percent the heap may grow before garbage is
// collected. What lives is a few MiB and each launch leaves 60 KiB behind: at
// Go's 100 percent a busy server spends a tenth of its time collecting.
const heapGrowth = 300

// CollectSeldom has this process trade some tens of MiB under load for CPU
// time, unless the operator says otherwise by GOGC.
func CollectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}
