// Package testbed drives the built binary with the collector-contrib testbed: load generator, agent, gateway, backend.
//
// Each scenario sends 10,000 items a second for TESTCASE_DURATION (default 15s) and fails when one item is missing at the
// backend, or when one of the two processes needs more CPU or memory than its limit.
//
//	cd testbed && RUN_TESTBED=1 TESTCASE_DURATION=10s go test -v -count=1 .
//
// The collector is ../bin/otelcol-plus, or what OTELPLUS_BINARY names. The table of the run is results/RESULTS.md; the
// committed RESULTS.md is a copy of one run with the machine it ran on.
package testbed
