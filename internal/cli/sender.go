package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// retryUnavailable resends what a busy or starting collector refuses, a few times.
const retryUnavailable = `{"methodConfig": [{"name": [{}], "waitForReady": true, "retryPolicy": {
	"maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}`

// sendTimeout bounds one request with its retries, so that an endpoint where nobody listens is told and not waited for.
const sendTimeout = 10 * time.Second

// sender pushes recorded requests to an OTLP/gRPC endpoint, as an SDK would.
type sender struct {
	conn     *grpc.ClientConn
	traces   ptraceotlp.GRPCClient
	metrics  pmetricotlp.GRPCClient
	logs     plogotlp.GRPCClient
	profiles pprofileotlp.GRPCClient
}

func newSender(endpoint string, plaintext bool) (*sender, error) {
	creds := credentials.NewTLS(nil)
	if plaintext {
		creds = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(creds), grpc.WithDefaultServiceConfig(retryUnavailable))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	return &sender{
		conn:     conn,
		traces:   ptraceotlp.NewGRPCClient(conn),
		metrics:  pmetricotlp.NewGRPCClient(conn),
		logs:     plogotlp.NewGRPCClient(conn),
		profiles: pprofileotlp.NewGRPCClient(conn),
	}, nil
}

func (s *sender) close() error { return s.conn.Close() }

// send pushes one request and returns how many items of it were accepted: spans, data points, log records or samples.
func (s *sender) send(ctx context.Context, signal otlpfile.Signal, request []byte) (items int, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var rejected int64
	switch signal {
	case otlpfile.Traces:
		req := ptraceotlp.NewExportRequest()
		if err = decoded(signal, request, req.UnmarshalProto(request)); err == nil {
			items = req.Traces().SpanCount()
			var resp ptraceotlp.ExportResponse
			resp, err = s.traces.Export(ctx, req)
			rejected = partial(err, func() int64 { return resp.PartialSuccess().RejectedSpans() })
		}
	case otlpfile.Metrics:
		req := pmetricotlp.NewExportRequest()
		if err = decoded(signal, request, req.UnmarshalProto(request)); err == nil {
			items = req.Metrics().DataPointCount()
			var resp pmetricotlp.ExportResponse
			resp, err = s.metrics.Export(ctx, req)
			rejected = partial(err, func() int64 { return resp.PartialSuccess().RejectedDataPoints() })
		}
	case otlpfile.Logs:
		req := plogotlp.NewExportRequest()
		if err = decoded(signal, request, req.UnmarshalProto(request)); err == nil {
			items = req.Logs().LogRecordCount()
			var resp plogotlp.ExportResponse
			resp, err = s.logs.Export(ctx, req)
			rejected = partial(err, func() int64 { return resp.PartialSuccess().RejectedLogRecords() })
		}
	case otlpfile.Profiles:
		req := pprofileotlp.NewExportRequest()
		if err = decoded(signal, request, req.UnmarshalProto(request)); err == nil {
			items = req.Profiles().SampleCount()
			var resp pprofileotlp.ExportResponse
			resp, err = s.profiles.Export(ctx, req)
			rejected = partial(err, func() int64 { return resp.PartialSuccess().RejectedProfiles() })
		}
	}
	if err != nil {
		return 0, err
	}
	return items - int(rejected), nil
}

// decoded says what to do about a request that is not what its file's name says.
func decoded(signal otlpfile.Signal, request []byte, err error) error {
	if err == nil {
		return nil
	}
	hint := "name the file NAME.traces.…, .metrics., .logs. or .profiles., or use replay --signal"
	if is := otlpfile.Guess(request); is != "" {
		hint = fmt.Sprintf("these look like %s: name the file NAME.%s.…, or use replay --signal %s", is, is, is)
	}
	return fmt.Errorf("not an OTLP request of %s (%s): %w", signal, hint, err)
}

// partial reads a response that is only there when the call succeeded.
func partial(err error, rejected func() int64) int64 {
	if err != nil {
		return 0
	}
	return rejected()
}

// sendFile pushes every request of the recording at path and returns how many items of each signal were accepted. A request that
// does not say what it is of is of signal. before is asked before each one and may wait.
func (s *sender) sendFile(ctx context.Context, path string, signal otlpfile.Signal, before func(sent int)) (items map[otlpfile.Signal]int, err error) {
	r, err := otlpfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	items, sent := map[otlpfile.Signal]int{}, 0
	for n := 1; ; n++ {
		request, err := r.Next()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return items, fmt.Errorf("%s: %w", path, err)
		}
		before(sent)
		of := cmp.Or(r.Signal(), signal)
		accepted, err := s.send(ctx, of, request)
		if err != nil {
			return items, fmt.Errorf("%s: request %d: %w", path, n, err)
		}
		items[of] += accepted
		sent += accepted
	}
}
