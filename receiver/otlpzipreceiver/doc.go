// Package otlpzipreceiver receives OTLP and tracezip on the same ports, over gRPC and HTTP. It takes the place of the
// stock otlp receiver: same keys, same answers, and a frame of traces wherever OTLP traces are taken. How the two
// sides find out about each other is described in internal/otlpzip.
package otlpzipreceiver

//go:generate ../../.tools/mdatagen metadata.yaml
