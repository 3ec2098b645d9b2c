package e2e

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"bytes"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// requests reads the recorded sample of a signal, each request in canonical form: decoded and encoded once by pdata.
func requests(t *testing.T, signal otlpfile.Signal) [][]byte {
	t.Helper()
	r, err := otlpfile.Open(filepath.Join("..", "..", "testdata", "sample."+string(signal)+".otlp.pb.zst"))
	require.NoError(t, err)
	defer r.Close()
	var all [][]byte
	for {
		data, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, canonical(t, signal, data))
	}
}

func canonical(t *testing.T, signal otlpfile.Signal, data []byte) []byte {
	t.Helper()
	var message interface {
		UnmarshalProto([]byte) error
		MarshalProto() ([]byte, error)
	}
	switch signal {
	case otlpfile.Traces:
		m := ptraceotlp.NewExportRequest()
		message = &m
	case otlpfile.Metrics:
		m := pmetricotlp.NewExportRequest()
		message = &m
	case otlpfile.Logs:
		m := plogotlp.NewExportRequest()
		message = &m
	case otlpfile.Profiles:
		m := pprofileotlp.NewExportRequest()
		message = &m
	}
	require.NoError(t, message.UnmarshalProto(data))
	out, err := message.MarshalProto()
	require.NoError(t, err)
	return out
}

// path is where OTLP/HTTP takes a signal.
var path = map[otlpfile.Signal]string{
	otlpfile.Traces:   "/v1/traces",
	otlpfile.Metrics:  "/v1/metrics",
	otlpfile.Logs:     "/v1/logs",
	otlpfile.Profiles: "/v1development/profiles",
}

// post sends a body to an OTLP/HTTP receiver and returns status and answer.
func post(t *testing.T, addr, path, contentType string, body []byte) (int, string) {
	t.Helper()
	resp, err := http.Post("http://"+addr+path, contentType, bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

// sendAll posts every request to the agent; each is acknowledged when it returns.
func sendAll(t *testing.T, addr string, signal otlpfile.Signal, all [][]byte) {
	t.Helper()
	for _, request := range all {
		status, answer := post(t, addr, path[signal], "application/x-protobuf", request)
		require.Equal(t, http.StatusOK, status, answer)
	}
}

// count makes a multiset of requests.
func count(all [][]byte) map[string]int {
	m := make(map[string]int, len(all))
	for _, r := range all {
		m[string(r)]++
	}
	return m
}
