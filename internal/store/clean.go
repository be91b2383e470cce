package store

import (
	"context"
	"database/sql"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// A cleaner hands on to the database what both databases can keep. PostgreSQL
// refuses text with a NUL or with broken UTF-8 in it, and takes nil bytes for
// NULL: the first become U+FFFD and the second no bytes, on SQLite as well.
type cleaner struct{ db q.DBTX }

func (c cleaner) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.db.ExecContext(ctx, query, clean(args)...)
}

func (c cleaner) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.db.PrepareContext(ctx, query)
}

func (c cleaner) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.db.QueryContext(ctx, query, clean(args)...)
}

func (c cleaner) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.db.QueryRowContext(ctx, query, clean(args)...)
}

func clean(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			args[i] = cleanText(v)
		case []byte:
			if v == nil {
				args[i] = []byte{}
			}
		default:
			args[i] = cleanKind(arg)
		}
	}
	return args
}

// cleanKind does the same for types made of text, and pointers to such.
func cleanKind(arg any) any {
	v := reflect.ValueOf(arg)
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.String {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.String {
		return cleanText(v.String())
	}
	return arg
}

func cleanText(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
