package cli

import (
	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/otelcol"
)

// Commands returns the subcommands; settings is how this binary builds a collector.
func Commands(settings otelcol.CollectorSettings) []*cobra.Command {
	return []*cobra.Command{newDemo(settings), newReplay(), newZip(), newSemconv(settings.BuildInfo.Version), newProfile(settings), newFlame()}
}
