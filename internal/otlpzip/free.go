package otlpzip

import "runtime"

// FreeList keeps idle encoders or decoders. Unlike a sync.Pool it does not let go of them at every garbage collection:
// their tables cost more to build than a small agent's whole heap turns over between two collections.
type FreeList[T any] struct {
	idle chan T
	make func() T
}

// NewFreeList returns a list that keeps up to one idle value per processor.
func NewFreeList[T any](makeOne func() T) *FreeList[T] {
	return &FreeList[T]{idle: make(chan T, runtime.GOMAXPROCS(0)), make: makeOne}
}

// Get returns an idle value or a new one.
func (l *FreeList[T]) Get() T {
	select {
	case v := <-l.idle:
		return v
	default:
		return l.make()
	}
}

// Put takes a value back, or drops it when enough are idle.
func (l *FreeList[T]) Put(v T) {
	select {
	case l.idle <- v:
	default:
	}
}
