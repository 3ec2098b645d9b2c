// Package tracezipprocessor makes traces smaller: it drops spans that were delivered twice and groups what is left, packs
// batches into tracezip frames that any OTLP hop can carry, and unpacks them again.
package tracezipprocessor

//go:generate ../../.tools/mdatagen metadata.yaml
