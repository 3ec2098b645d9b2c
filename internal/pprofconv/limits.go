package pprofconv

import (
	"errors"
	"fmt"
)

// maxWork bounds what one request may expand to, counted in frames, lines and labels of the result. OTLP names a stack
// by its index, pprof spells it out in every sample, so that a small request could otherwise become a file of any size.
// A flush of a busy host holds some 100 000; a full budget is a file of about 50 MB.
const maxWork = 1 << 24

// maxErrors bounds how many refused profiles of one request are described.
const maxErrors = 8

// maxSampleTypes bounds the sample types of one pprof profile; those that are known have at most four.
const maxSampleTypes = 64

// ErrTooLarge is returned for a request that expands beyond the limit.
var ErrTooLarge = errors.New("the profiles expand to more frames and labels than one request may")

// budget is charged before anything is built.
type budget struct{ left int }

func (b *budget) charge(n int) error {
	if n > b.left {
		return ErrTooLarge
	}
	b.left -= n
	return nil
}

// refusals gathers what was wrong, the first few in words.
type refusals struct {
	errs    []error
	refused int
}

func (r *refusals) refuse(err error) {
	r.refused++
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, err)
	}
}

func (r *refusals) error() error {
	errs := r.errs
	if more := r.refused - len(errs); more > 0 {
		errs = append(errs, fmt.Errorf("and %d more refused", more))
	}
	return errors.Join(errs...)
}
