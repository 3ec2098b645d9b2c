package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

// newZip is `otelcol-plus zip`, the parent of what is about the wire format.
func newZip() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "zip",
		Short: "Look into tracezip, the wire format of the otlpzip exporter",
		Long: `Look into tracezip, the wire format of the otlpzip exporter and receiver.

"zip inspect" tells what spans spend their bytes on. It works offline, on a recording or a frame.`,
		Args:         usageArgs(cobra.NoArgs),
		SilenceUsage: true,
		RunE:         func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newInspect())
	return cmd
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// ExitCode is the status of the process.
func (e usageError) ExitCode() int { return 2 }

// ExitCode is what the process ends with: 0 without an error, what an error itself says, else 1.
func ExitCode(err error) int {
	var own interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &own):
		return own.ExitCode()
	default:
		return 1
	}
}

// usageArgs makes what is wrong with arguments a usageError.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}
