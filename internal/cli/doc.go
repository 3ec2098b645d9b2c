// Package cli holds the subcommands that otelcol-plus has beside the collector's own: demo and replay.
package cli
