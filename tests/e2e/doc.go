// Package e2e tests the built binary from outside: processes, sockets and recorded telemetry, no mocks.
//
// OTELPLUS_BINARY names the binary; `make test` builds and sets it. Without it the tests build one.
package e2e
