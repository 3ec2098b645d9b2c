// Package cli holds the subcommands that otelcol-plus has beside the collector's own: demo, replay and zip.
package cli
