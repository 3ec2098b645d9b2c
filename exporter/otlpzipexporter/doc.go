// Package otlpzipexporter sends traces as tracezip frames and every other signal as OTLP, over gRPC or HTTP. It takes
// the place of the stock otlp and otlphttp exporters: same keys, same retry behaviour, and plain OTLP for a peer that
// does not speak tracezip. How the two sides find out about each other is described in internal/otlpzip.
package otlpzipexporter

// mdatagen imports xexporter for the profiles signal into the component test and does not use it.
//
//go:generate ../../.tools/mdatagen metadata.yaml
//go:generate sed -i /xexporter"$/d generated_component_test.go
