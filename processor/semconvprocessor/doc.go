// Package semconvprocessor reports and repairs attributes and metrics that depart from the OpenTelemetry semantic conventions.
package semconvprocessor

//go:generate ../../.tools/mdatagen metadata.yaml
