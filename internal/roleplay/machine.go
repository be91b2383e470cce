package roleplay

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"
)

// inkjs 2.4.0 as published, with its compiler; MIT, see script/inkjs/LICENSE.md.
//
//go:embed script/inkjs/ink-full-es2015.js
var inkjs string

//go:embed script/engine.js
var engineJS string

// programs are parsed once and shared by all machines.
var programs = sync.OnceValues(func() ([]*goja.Program, error) {
	var all []*goja.Program
	for _, source := range []struct{ name, text string }{{"ink-full.js", inkjs}, {"engine.js", engineJS}} {
		p, err := goja.Compile(source.name, source.text, false)
		if err != nil {
			return nil, fmt.Errorf("script engine: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
})

// maxDepth bounds the calls inside calls of a machine: what deeply nested ink
// costs is stack.
const maxDepth = 4000

// A machine is one JavaScript VM with ink in it. It serves one call at a time.
type machine struct {
	vm      *goja.Runtime
	compile goja.Callable
	probe   goja.Callable
	play    goja.Callable
	spoiled bool // a call was cut short: the VM may be in any state
}

func newMachine() (*machine, error) {
	all, err := programs()
	if err != nil {
		return nil, err
	}
	m := &machine{vm: goja.New()}
	m.vm.SetMaxCallStackSize(maxDepth)
	m.vm.SetRandSource(func() float64 { return 0 })
	m.vm.SetTimeSource(func() time.Time { return time.Unix(0, 0) })
	for _, p := range all {
		if _, err := m.vm.RunProgram(p); err != nil {
			return nil, fmt.Errorf("script engine: %w", err)
		}
	}
	return m, m.bind()
}

func (m *machine) bind() error {
	api := m.vm.Get("greenroom").ToObject(m.vm)
	for name, f := range map[string]*goja.Callable{"compile": &m.compile, "probe": &m.probe, "play": &m.play} {
		var ok bool
		if *f, ok = goja.AssertFunction(api.Get(name)); !ok {
			return fmt.Errorf("script engine: no function %s", name)
		}
	}
	return nil
}

// errTime and errDepth stand for the limits that are not counted in ink.
var (
	errTime  = errors.New("script took too long")
	errDepth = errors.New("script is nested too deeply")
)

// A stop is the limit that a script ran into: "steps", "text" or "items".
type stop string

func (s stop) Error() string { return "script exceeded its limit of " + string(s) }

// call sends a request and reads the answer. It returns ctx's error, errTime,
// errDepth, a stop, or what the script threw.
func (m *machine) call(ctx context.Context, limit time.Duration, f goja.Callable, request, answer any, more ...goja.Value) error {
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, errTime)
	defer cancel()
	release := context.AfterFunc(limited, func() { m.vm.Interrupt(context.Cause(limited)) })
	value, err := f(goja.Undefined(), append([]goja.Value{m.vm.ToValue(string(text))}, more...)...)
	if !release() {
		m.spoiled = true
	}
	if err != nil {
		return m.fault(err)
	}
	return json.Unmarshal([]byte(value.String()), answer)
}

func (m *machine) fault(err error) error {
	if interrupted, ok := errors.AsType[*goja.InterruptedError](err); ok {
		m.spoiled = true
		if cause, ok := interrupted.Value().(error); ok {
			return cause
		}
		return err
	}
	if _, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		m.spoiled = true
		return errDepth
	}
	thrown, ok := errors.AsType[*goja.Exception](err)
	if !ok {
		return err
	}
	object, ok := thrown.Value().(*goja.Object)
	if !ok {
		return err
	}
	if limit := object.Get("limit"); limit != nil && !goja.IsUndefined(limit) {
		return stop(limit.String())
	}
	if message := object.Get("message"); message != nil {
		return errors.New(message.String())
	}
	return err
}
