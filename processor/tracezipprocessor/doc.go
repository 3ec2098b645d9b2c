// Package tracezipprocessor drops spans that were delivered twice, merges equal resources and scopes and puts the spans of
// a trace side by side, so that every later step has less to do.
package tracezipprocessor

//go:generate ../../.tools/mdatagen metadata.yaml
