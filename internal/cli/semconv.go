package cli

import (
	"github.com/spf13/cobra"

	"github.com/otelcol-plus/otelcol-plus/internal/cli/semconvcheck"
)

// newSemconv is `otelcol-plus semconv`, the parent of what is about the semantic conventions.
func newSemconv(version string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "semconv",
		Short: "Check telemetry against the semantic conventions",
		Long: `Check telemetry against the OpenTelemetry semantic conventions.

"semconv check" tells what recordings, or telemetry as it arrives, do not do as the conventions say, and can put it right.`,
		Args:         usageArgs(cobra.NoArgs),
		SilenceUsage: true,
		RunE:         func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(semconvcheck.New(version))
	return cmd
}
