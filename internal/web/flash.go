package web

import (
	"context"
	"encoding/json"
	"fmt"
)

// A Toast is one sentence in the corner of the next page.
type Toast struct {
	Kind ToastKind
	Text string
}

// A ToastKind picks the toast's mark.
type ToastKind string

// The kinds.
const (
	Success ToastKind = "success"
	Notice  ToastKind = "notice"
	Warning ToastKind = "warning"
)

const toastsKey = "toasts" // in the session

// Flash keeps a toast for the next page that this visitor sees. It works below
// AdminPage only, as Keep and Take do.
func (k *Kit) Flash(ctx context.Context, kind ToastKind, text string) error {
	toasts, err := takeKept[[]Toast](ctx, k, toastsKey)
	if err != nil {
		return err
	}
	return k.Keep(ctx, toastsKey, append(toasts, Toast{kind, text}))
}

// Keep puts a value aside under a name, for the page that follows a redirect.
func (k *Kit) Keep(ctx context.Context, name string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	k.Sessions.Put(ctx, name, data)
	return nil
}

// Take reads into value what was kept under a name, once. It tells whether
// there was anything.
func (k *Kit) Take(ctx context.Context, name string, value any) (bool, error) {
	data := k.Sessions.GetBytes(ctx, name)
	if data == nil {
		return false, nil
	}
	k.Sessions.Remove(ctx, name)
	if err := json.Unmarshal(data, value); err != nil {
		return false, fmt.Errorf("kept %s: %w", name, err)
	}
	return true, nil
}

func takeKept[T any](ctx context.Context, k *Kit, name string) (value T, err error) {
	_, err = k.Take(ctx, name, &value)
	return value, err
}
