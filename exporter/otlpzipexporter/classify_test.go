package otlpzipexporter

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// outcome words how exporterhelper sees an error.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case consumererror.IsPermanent(err):
		return "permanent"
	case strings.HasPrefix(err.Error(), "Throttle ("):
		return "throttled"
	default:
		return "retry"
	}
}

func retryStatus(code codes.Code, delay time.Duration) error {
	st, err := status.New(code, "later").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
	if err != nil {
		panic(err)
	}
	return st.Err()
}

func TestClassifyGRPC(t *testing.T) {
	want := map[codes.Code]string{
		codes.OK: "ok", codes.Canceled: "retry", codes.DeadlineExceeded: "retry", codes.Aborted: "retry",
		codes.OutOfRange: "retry", codes.Unavailable: "retry", codes.DataLoss: "retry",
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		expected := want[code]
		if expected == "" {
			expected = "permanent"
		}
		assert.Equal(t, expected, outcome(classifyGRPC(status.Error(code, "x"))), code.String())
	}
	assert.Equal(t, "throttled", outcome(classifyGRPC(retryStatus(codes.ResourceExhausted, time.Second))))
	assert.Equal(t, "throttled", outcome(classifyGRPC(retryStatus(codes.Unavailable, time.Second))))
	assert.Equal(t, "retry", outcome(classifyGRPC(retryStatus(codes.ResourceExhausted, 0))))
	assert.Equal(t, "permanent", outcome(classifyGRPC(retryStatus(codes.InvalidArgument, time.Second))))
}

func TestClassifyHTTP(t *testing.T) {
	for _, tt := range []struct {
		code       int
		retryAfter string
		want       string
	}{
		{400, "", "permanent"}, {401, "", "permanent"}, {403, "", "permanent"}, {404, "", "permanent"},
		{413, "", "permanent"}, {500, "", "permanent"}, {501, "", "permanent"},
		{429, "", "retry"}, {502, "", "retry"}, {503, "", "retry"}, {504, "", "retry"},
		{429, "30", "throttled"}, {503, "30", "throttled"}, {502, "30", "retry"}, {503, "soon", "retry"},
		{503, time.Now().Add(time.Hour).UTC().Format(time.RFC1123), "throttled"},
	} {
		a := answer{code: tt.code, header: http.Header{}}
		if tt.retryAfter != "" {
			a.header.Set("Retry-After", tt.retryAfter)
		}
		a.status = bodyStatus(a)
		assert.Equal(t, tt.want, outcome(classifyHTTP(a, "http://x")), "%d %q", tt.code, tt.retryAfter)
	}
}

func TestRetryAfterDate(t *testing.T) {
	h := http.Header{}
	h.Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(time.RFC1123))
	delay, ok := retryAfter(h)
	require.True(t, ok)
	assert.InDelta(t, time.Hour.Seconds(), delay.Seconds(), 30)
}

// TestFrameVerdict: which answers over HTTP are about the frame and which are the pipeline's.
func TestFrameVerdict(t *testing.T) {
	frameStatus := func(kind error) *status.Status {
		st, _ := otlpzip.FrameStatus(&tracezip.Error{Kind: kind, Section: "header", Reason: "test"})
		return st
	}
	for _, tt := range []struct {
		name   string
		code   int
		status *status.Status
		speaks bool
		want   verdict
	}{
		{"ours took it", 200, nil, true, delivered},
		{"a server that answers 200 to anything", 200, nil, false, unsupported},
		{"stock receiver", 415, nil, false, unsupported},
		{"older version of ours", 415, frameStatus(tracezip.ErrVersion), true, unsupported},
		{"strict OTLP server", 400, nil, false, unsupported},
		{"no such path", 404, nil, false, unsupported},
		{"wrong method", 405, nil, false, unsupported},
		{"not implemented", 501, nil, false, unsupported},
		{"ours: damaged on the way", 400, frameStatus(tracezip.ErrCorrupt), true, rejected},
		{"ours: over its limit", 413, frameStatus(tracezip.ErrLimit), true, tooLarge},
		{"ours: no such dictionary", 412, frameStatus(tracezip.ErrDictionary), true, missing},
		{"ours: no such dictionary, the body lost on the way", 412, nil, true, missing},
		{"a proxy's precondition", 412, nil, false, failed},
		{"ours: the pipeline says precondition", 500, status.New(codes.FailedPrecondition, "backend"), true, failed},
		{"a proxy's limit", 413, nil, false, tooLarge},
		{"ours: the pipeline says invalid", 400, status.New(codes.InvalidArgument, "bad span"), true, failed},
		{"ours: the pipeline says unimplemented", 404, status.New(codes.Unimplemented, "backend"), true, failed},
		{"unauthenticated", 401, nil, false, failed},
		{"overloaded", 503, nil, false, failed},
		{"broken", 500, nil, false, failed},
	} {
		a := answer{code: tt.code, header: http.Header{}, status: tt.status}
		if a.status == nil {
			a.status = bodyStatus(a)
		}
		assert.Equal(t, tt.want, frameVerdict(a, otlpzip.Capability{Tracezip: tt.speaks}), tt.name)
	}
}
