// Package cli holds the subcommands that otelcol-plus has beside the collector's own: demo, replay, zip, profile and
// flame.
package cli
