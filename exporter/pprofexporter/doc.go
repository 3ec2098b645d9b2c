// Package pprofexporter writes profiles as pprof files that `go tool pprof` opens, one per service, sample type and
// window of time, in a directory that it keeps bounded.
package pprofexporter

//go:generate ../../.tools/mdatagen metadata.yaml
