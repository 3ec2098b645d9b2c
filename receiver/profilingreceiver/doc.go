//go:generate ../../.tools/mdatagen metadata.yaml

// Package profilingreceiver profiles every process of this machine with the
// kernel's sampling and sends OTLP profiles.
package profilingreceiver
