package policy

import (
	"context"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

type viewerKey struct{}

// WithViewer returns a context in which v asks. Only internal/store calls it.
func WithViewer(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerOf returns who asks, nil where nobody does.
func ViewerOf(ctx context.Context) *Viewer {
	v, _ := ctx.Value(viewerKey{}).(*Viewer)
	return v
}

// RequireViewer returns a Denied error where nobody asks.
func RequireViewer(ctx context.Context) error {
	if ViewerOf(ctx) == nil {
		return hmis.Errorf(hmis.Denied, "sign in first")
	}
	return nil
}
