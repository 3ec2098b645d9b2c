package tracezip

import (
	"errors"
	"fmt"
)

// Kinds of decode failure, for errors.Is.
var (
	// ErrCorrupt: the bytes are not a frame, or a part of it is damaged. Resending the same bytes cannot help.
	ErrCorrupt = errors.New("corrupt frame")
	// ErrLimit: the frame is larger, or decodes to more, than this decoder allows. A smaller batch can pass.
	ErrLimit = errors.New("limit exceeded")
	// ErrVersion: the frame is of a version, or uses a feature, that this decoder does not know.
	ErrVersion = errors.New("unsupported version or feature")
	// ErrDictionary: the frame names a dictionary that this decoder does not have. The same batch passes with the dictionary in
	// the frame, or without one.
	ErrDictionary = errors.New("dictionary missing")
)

// Error says what was wrong with a frame and where.
type Error struct {
	// Kind is ErrCorrupt, ErrLimit, ErrVersion or ErrDictionary.
	Kind error
	// Section is the name of the section that was being read.
	Section string
	// Offset is the position inside the decoded section (inside the frame for "header").
	Offset int
	// Reason is a short description.
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("tracezip: %v: section %s at byte %d: %s", e.Kind, e.Section, e.Offset, e.Reason)
}

func (e *Error) Unwrap() error { return e.Kind }
