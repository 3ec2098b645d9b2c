// Package consoleextension serves the built-in web page: what goes through the pipelines, what the wire format saves,
// which attributes were repaired, and where the profiled machine spends its time.
package consoleextension

//go:generate ../../.tools/mdatagen metadata.yaml
