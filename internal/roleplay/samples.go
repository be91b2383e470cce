package roleplay

import (
	"embed"
	"io/fs"
)

//go:embed samples/*.scenario.md
var sampleFiles embed.FS

// A Sample is a scenario file that comes with the package.
type Sample struct {
	Name   string // file name
	Source []byte
}

// Samples returns the scenarios that come with the package.
func Samples() []Sample {
	names, _ := fs.Glob(sampleFiles, "samples/*")
	var all []Sample
	for _, name := range names {
		source, err := sampleFiles.ReadFile(name)
		if err == nil {
			all = append(all, Sample{name[len("samples/"):], source})
		}
	}
	return all
}
