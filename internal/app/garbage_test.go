package app

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestMemoryIsWhatTheProcessMayUse(t *testing.T) {
	const machine = "MemTotal:        2048 kB\nMemFree:         1024 kB\n"
	for name, tc := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"of the whole machine": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/\n"}, 2048 << 10},
		"of a service": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/system.slice/greenroom.service\n",
			"sys/fs/cgroup/system.slice/greenroom.service/memory.max": "524288\n", "sys/fs/cgroup/system.slice/memory.max": "max\n",
		}, 512 << 10},
		"of a service in a slice with less": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/system.slice/greenroom.service\n",
			"sys/fs/cgroup/system.slice/greenroom.service/memory.max": "max\n", "sys/fs/cgroup/system.slice/memory.max": "131072\n",
		}, 128 << 10},
		"of a container": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "262144\n",
		}, 256 << 10},
		"of a container that may use more than there is": {map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "999999999999\n",
		}, 2048 << 10},
		"with groups of the older kind": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "12:memory:/x\n"}, 2048 << 10},
		"where nothing tells":           {nil, math.MaxInt64},
		"where nonsense is told":        {map[string]string{"proc/meminfo": "MemTotal: much\n", "proc/self/cgroup": "0::/../..\n"}, math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for file, text := range tc.files {
				root[file] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := memoryOf(root); got != tc.want {
				t.Errorf("%d bytes, want %d", got, tc.want)
			}
		})
	}
}
