//go:build !linux

package perfevent

import (
	"context"
	"time"
)

// Sampler cannot exist on this system.
type Sampler struct{}

// Open fails with ErrUnsupported.
func Open(Settings) (*Sampler, []Refusal, error) { return nil, nil, ErrUnsupported }

// Wait fails with ErrUnsupported.
func (*Sampler) Wait(context.Context, time.Duration) error { return ErrUnsupported }
