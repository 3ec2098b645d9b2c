// Package cli holds the subcommands that otelcol-plus has beside the collector's own: demo, replay, zip, semconv, profile and
// flame.
package cli
