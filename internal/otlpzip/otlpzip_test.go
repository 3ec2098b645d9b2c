package otlpzip

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

func TestCapability(t *testing.T) {
	for _, want := range []Capability{
		{Tracezip: true, MaxFrameBytes: 1234},
		{Tracezip: true, MaxFrameBytes: 1234, MaxDictionaryBytes: 99, Instance: "a"},
	} {
		assert.Equal(t, want, FromMetadata(want.Metadata()))
		h := http.Header{}
		assert.Equal(t, Capability{}, FromHeader(h))
		want.SetHeader(h)
		assert.Equal(t, want, FromHeader(h))
	}
	for _, tt := range []struct {
		version, maxFrame, maxDictionary, instance string
		want                                       Capability
	}{
		{"1", "", "", "", Capability{}},
		{"12", "", "", "", Capability{}},
		{"1, 2", "", "", "", Capability{Tracezip: true}},
		{"2", "many", "some", "", Capability{Tracezip: true}},
		{"2", "-5", "-5", "", Capability{Tracezip: true}},
		{"2", " 5", "6 ", "b", Capability{Tracezip: true, MaxFrameBytes: 5, MaxDictionaryBytes: 6, Instance: "b"}},
		{"2", "5", "", "b", Capability{Tracezip: true, MaxFrameBytes: 5}},
		{"2", "5", "6", strings.Repeat("b", 65), Capability{Tracezip: true, MaxFrameBytes: 5, MaxDictionaryBytes: 6}},
		{"", "10", "10", "c", Capability{}},
	} {
		md := metadata.Pairs(VersionKey, tt.version, MaxFrameKey, tt.maxFrame, MaxDictionaryKey, tt.maxDictionary, InstanceKey, tt.instance)
		assert.Equal(t, tt.want, FromMetadata(md), "%+v", tt)
	}
}

// TestCodecIsProtobuf: what the client's codec writes is the well-known message the server reads, and what the server
// answers is an ExportTraceServiceResponse.
func TestCodecIsProtobuf(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 5000, 1 << 20} {
		frame := make([]byte, size)
		for i := range frame {
			frame[i] = byte(i * 7)
		}
		data := frame
		buf := mem.NewBuffer(&data, mem.DefaultBufferPool())
		out, err := frameCodec{}.Marshal(&outgoingFrame{size: size, data: buf})
		require.NoError(t, err)
		assert.LessOrEqual(t, out.Len(), size+MessageOverhead)
		var got wrapperspb.BytesValue
		require.NoError(t, proto.Unmarshal(out.Materialize(), &got))
		assert.Equal(t, frame, append([]byte{}, got.GetValue()...))
	}
	empty, err := proto.Marshal(&emptypb.Empty{})
	require.NoError(t, err)
	resp := ptraceotlp.NewExportResponse()
	require.NoError(t, frameCodec{}.Unmarshal(mem.BufferSlice{mem.SliceBuffer(empty)}, &resp))
	assert.Zero(t, resp.PartialSuccess().RejectedSpans())

	refusal := ptraceotlp.NewExportResponse()
	refusal.PartialSuccess().SetRejectedSpans(3)
	raw, err := refusal.MarshalProto()
	require.NoError(t, err)
	require.NoError(t, frameCodec{}.Unmarshal(mem.BufferSlice{mem.SliceBuffer(raw)}, &resp))
	assert.EqualValues(t, 3, resp.PartialSuccess().RejectedSpans())

	_, err = frameCodec{}.Marshal("x")
	require.Error(t, err)
	require.Error(t, frameCodec{}.Unmarshal(nil, "x"))
}

// countingPool counts what comes back.
type countingPool struct{ puts int }

func (p *countingPool) Get(n int) *[]byte { b := make([]byte, n); return &b }
func (p *countingPool) Put(*[]byte)       { p.puts++ }

// TestFrameCanBeSentAgain: a second Marshal of the same message, as by an interceptor that retries, still has the bytes,
// and the buffer goes back to the pool once, after the last.
func TestFrameCanBeSentAgain(t *testing.T) {
	pool := &countingPool{}
	data := make([]byte, 4096)
	data[4095] = 9
	msg := &outgoingFrame{size: len(data), data: mem.NewBuffer(&data, pool)}
	for range 2 {
		out, err := frameCodec{}.Marshal(msg)
		require.NoError(t, err)
		assert.Equal(t, byte(9), out.Materialize()[out.Len()-1])
		out.Free()
		assert.Zero(t, pool.puts)
	}
	msg.data.Free()
	assert.Equal(t, 1, pool.puts)
}

func TestFrameStatus(t *testing.T) {
	for kind, want := range map[error]struct {
		code   codes.Code
		reason Reason
		http   int
	}{
		tracezip.ErrCorrupt:    {codes.InvalidArgument, ReasonCorrupt, 400},
		tracezip.ErrLimit:      {codes.ResourceExhausted, ReasonTooLarge, 413},
		tracezip.ErrVersion:    {codes.Unimplemented, ReasonVersion, 415},
		tracezip.ErrDictionary: {codes.FailedPrecondition, ReasonDictionary, 412},
		errors.New("other"):    {codes.InvalidArgument, ReasonCorrupt, 400},
	} {
		st, reason := FrameStatus(&tracezip.Error{Kind: kind, Section: "ids", Offset: 7, Reason: "r"})
		assert.Equal(t, want.code, st.Code())
		assert.Equal(t, want.reason, reason)
		assert.Equal(t, want.reason, FrameReason(st))
		assert.Equal(t, want.http, FrameReasonToHTTP(reason))
		assert.Contains(t, st.Message(), "section ids at byte 7")
		assert.Equal(t, want.reason == ReasonTooLarge, TooLarge(st))

		passedOn := WithoutFrameReason(st)
		assert.Equal(t, st.Code(), passedOn.Code())
		assert.Equal(t, st.Message(), passedOn.Message())
		assert.Empty(t, FrameReason(passedOn))
	}
}

func TestWithoutFrameReasonKeepsTheRest(t *testing.T) {
	st, err := status.New(codes.ResourceExhausted, "x").WithDetails(
		&errdetails.ErrorInfo{Reason: string(ReasonTooLarge), Domain: ErrorDomain},
		&errdetails.ErrorInfo{Reason: "QUOTA", Domain: "example.com"},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	require.NoError(t, err)
	got := WithoutFrameReason(st)
	require.Len(t, got.Details(), 2)
	assert.Equal(t, time.Second, RetryInfo(got).GetRetryDelay().AsDuration())
}

// TestTooLarge: the words of the servers there are, and what only looks like them.
func TestTooLarge(t *testing.T) {
	for _, tt := range []struct {
		code codes.Code
		msg  string
		want bool
	}{
		{codes.ResourceExhausted, "grpc: received message larger than max (5000000 vs. 4194304)", true},
		{codes.ResourceExhausted, "grpc: received message after decompression larger than max 4194304", true},
		{codes.ResourceExhausted, "gRPC message exceeds maximum size 4194304: 5000000", true},
		{codes.ResourceExhausted, "Received message exceeds the maximum configured message size.", true},
		{codes.OutOfRange, "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes", true},
		{codes.InvalidArgument, "http: request body too large", true},
		{codes.ResourceExhausted, "quota exhausted", false},
		{codes.ResourceExhausted, "", false},
		{codes.Unavailable, "message larger than max", false},
		{codes.OK, "", false},
	} {
		assert.Equal(t, tt.want, TooLarge(status.New(tt.code, tt.msg)), tt.msg)
	}
	retry, err := status.New(codes.ResourceExhausted, "queue larger than max").WithDetails(&errdetails.RetryInfo{})
	require.NoError(t, err)
	assert.False(t, TooLarge(retry), "the server wants the same again, later")
}

// TestHTTPCodes: mapping there and back keeps what is retryable.
func TestHTTPCodes(t *testing.T) {
	retryable := map[int]bool{429: true, 502: true, 503: true, 504: true}
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		back := HTTPToCode(CodeToHTTP(code))
		assert.Equal(t, retryable[CodeToHTTP(code)], back == codes.Unavailable || back == codes.ResourceExhausted, code.String())
	}
}

func TestFreeList(t *testing.T) {
	made := 0
	l := NewFreeList(func() *int { made++; n := made; return &n })
	first := l.Get()
	l.Put(first)
	assert.Same(t, first, l.Get())
	for range cap(l.idle) + 3 {
		l.Put(new(int))
	}
	assert.Len(t, l.idle, cap(l.idle), "more are dropped")
	assert.Equal(t, 1, made)
}
