package roleplay

import (
	"embed"
	"io/fs"
	"strings"
)

//go:generate go test -count=1 -run ^TestSamplesAreCompiled$ . -update
//go:embed samples
var sampleFiles embed.FS

// A Sample is a scenario file that comes with the package, with its script
// compiled and checked: that takes seconds.
type Sample struct {
	Name     string // file name
	Source   []byte
	Compiled []byte
}

const (
	sampleEnding   = ".scenario.md"
	compiledEnding = ".ink.json"
)

// Samples returns the scenarios that come with the package.
func Samples() []Sample {
	names, _ := fs.Glob(sampleFiles, "samples/*"+sampleEnding)
	var all []Sample
	for _, name := range names {
		source, err := sampleFiles.ReadFile(name)
		compiled, _ := sampleFiles.ReadFile(strings.TrimSuffix(name, sampleEnding) + compiledEnding) // a test misses it
		if err == nil {
			all = append(all, Sample{name[len("samples/"):], source, compiled})
		}
	}
	return all
}

// Scenario returns the sample as Parse would, but for Warnings. It never starts
// a script.
func (s Sample) Scenario() (*Scenario, error) { return Load(s.Source, s.Compiled) }
