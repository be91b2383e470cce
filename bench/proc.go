package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is what the kernel counts CPU time in: 100 a second on every Linux that
// Go runs on.
const tick = 10 * time.Millisecond

// treeCPU is the CPU time of a process, of those right below it, and of those
// that it has waited for.
func treeCPU(pid int) (time.Duration, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var ticks, seen int
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		fields := strings.Fields(rest)
		own := filepath.Base(filepath.Dir(path)) == strconv.Itoa(pid)
		if len(fields) < 15 || !own && fields[1] != strconv.Itoa(pid) {
			continue
		}
		counted := fields[11:13] // user, system
		if own {
			counted, seen = fields[11:15], 1 // and those of children that have ended
		}
		for _, f := range counted {
			n, err := strconv.Atoi(f)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
	}
	if seen == 0 {
		return 0, fmt.Errorf("process %d is gone", pid)
	}
	return time.Duration(ticks) * tick, nil
}
