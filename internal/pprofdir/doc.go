// Package pprofdir knows the directory that the pprof exporter writes: how its files are named, which there are, and
// what they say when the newest are put together: the hottest functions and the call tree of a flame graph.
package pprofdir
