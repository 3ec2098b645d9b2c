package semconvcheck

import "errors"

// What the command ends with. Nothing else is ever returned.
const (
	exitClean      = 0
	exitFindings   = 1 // at or above --fail-on
	exitUsage      = 2 // a command line that makes no sense, or names an output that cannot be written
	exitUnreadable = 3 // an input, a baseline or a port that cannot be read; wins over findings
)

// failure is an error with what the process is to end with.
type failure struct {
	code int
	error
}

// ExitCode is the status of the process.
func (f failure) ExitCode() int { return f.code }

func (f failure) Unwrap() error { return f.error }

func usage(err error) error      { return coded(exitUsage, err) }
func unreadable(err error) error { return coded(exitUnreadable, err) }

func coded(code int, err error) error {
	if err == nil {
		return nil
	}
	return failure{code, err}
}

// code is the status that an error ends the process with; one that does not say is about an input.
func code(err error) int {
	var f failure
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &f):
		return f.code
	default:
		return exitUnreadable
	}
}

// errFindings ends the command without a message: the report has said it.
var errFindings = failure{exitFindings, errors.New("there are findings")}
