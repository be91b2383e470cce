package web

import (
	"context"
	"encoding/json"
)

// A Toast is one sentence in the corner of the next page.
type Toast struct {
	Kind ToastKind `json:"kind"`
	Text string    `json:"text"`
}

// A ToastKind picks the toast's colour and mark.
type ToastKind string

// The kinds.
const (
	Success ToastKind = "success"
	Notice  ToastKind = "notice"
	Warning ToastKind = "warning"
)

const toastsKey = "toasts" // in the session

// Flash keeps a toast for the next page that this visitor sees. It works below
// AdminPage only.
func (k *Kit) Flash(ctx context.Context, kind ToastKind, text string) error {
	toasts := append(k.peekToasts(ctx), Toast{kind, text})
	data, err := json.Marshal(toasts)
	if err != nil {
		return err
	}
	k.Sessions.Put(ctx, toastsKey, data)
	return nil
}

func (k *Kit) peekToasts(ctx context.Context) (toasts []Toast) {
	_ = json.Unmarshal(k.Sessions.GetBytes(ctx, toastsKey), &toasts) // nothing there: none
	return toasts
}

// takeToasts returns the waiting toasts, once.
func (k *Kit) takeToasts(ctx context.Context) []Toast {
	toasts := k.peekToasts(ctx)
	if toasts != nil {
		k.Sessions.Remove(ctx, toastsKey)
	}
	return toasts
}
