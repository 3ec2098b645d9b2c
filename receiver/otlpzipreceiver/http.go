package otlpzipreceiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

const (
	protoContentType = "application/x-protobuf"
	jsonContentType  = "application/json"

	// defaultMaxBodyBytes is what confighttp takes when max_request_body_size is not set.
	defaultMaxBodyBytes = 20 << 20
	// drainBytes is how much of a body beyond the limit is still read and thrown away: an answer given while the sender
	// is writing may never be seen, and an exporter has to see that its request is too large to split it.
	drainBytes = 16 << 20
	// maxBodyHint bounds what is allocated on the word of a Content-Length header.
	maxBodyHint = 1 << 20
)

// httpFrameLimit is the largest frame that passes the server's limit on bodies as well.
func httpFrameLimit(cfg *HTTPConfig, maxFrame int) int {
	return int(min(int64(maxFrame), httpBodyLimit(cfg)))
}

// httpBodyLimit is the largest body, before and after decompression.
func httpBodyLimit(cfg *HTTPConfig) int64 {
	if cfg.ServerConfig.MaxRequestBodySize <= 0 {
		return defaultMaxBodyBytes
	}
	return cfg.ServerConfig.MaxRequestBodySize
}

// newMux routes the paths of the signals that have a pipeline.
func newMux(cfg *HTTPConfig, in *intake) *http.ServeMux {
	mux := http.NewServeMux()
	maxBody := httpBodyLimit(cfg)
	if in.next.traces != nil {
		mux.Handle(string(cfg.TracesURLPath), &httpSignal{
			intake: in, maxBody: maxBody, frames: true, answer: ptraceotlp.NewExportResponse(),
			newRequest: func() (otlpRequest, func(context.Context) error) {
				req := ptraceotlp.NewExportRequest()
				return req, func(ctx context.Context) error { return in.traces(ctx, req.Traces(), formatProtobuf) }
			},
		})
	}
	if in.next.metrics != nil {
		mux.Handle(string(cfg.MetricsURLPath), &httpSignal{
			intake: in, maxBody: maxBody, answer: pmetricotlp.NewExportResponse(),
			newRequest: func() (otlpRequest, func(context.Context) error) {
				req := pmetricotlp.NewExportRequest()
				return req, func(ctx context.Context) error { return in.metrics(ctx, req.Metrics()) }
			},
		})
	}
	if in.next.logs != nil {
		mux.Handle(string(cfg.LogsURLPath), &httpSignal{
			intake: in, maxBody: maxBody, answer: plogotlp.NewExportResponse(),
			newRequest: func() (otlpRequest, func(context.Context) error) {
				req := plogotlp.NewExportRequest()
				return req, func(ctx context.Context) error { return in.logs(ctx, req.Logs()) }
			},
		})
	}
	if in.next.profiles != nil {
		mux.Handle(profilesURLPath, &httpSignal{
			intake: in, maxBody: maxBody, answer: pprofileotlp.NewExportResponse(),
			newRequest: func() (otlpRequest, func(context.Context) error) {
				req := pprofileotlp.NewExportRequest()
				return req, func(ctx context.Context) error { return in.profiles(ctx, req.Profiles()) }
			},
		})
	}
	return mux
}

// otlpRequest and otlpAnswer are what the messages of all signals have in common.
type otlpRequest interface {
	UnmarshalProto([]byte) error
	UnmarshalJSON([]byte) error
}

type otlpAnswer interface {
	MarshalProto() ([]byte, error)
	MarshalJSON() ([]byte, error)
}

// httpSignal serves the path of one signal.
type httpSignal struct {
	*intake
	// newRequest returns an empty request and what consumes it once it is read.
	newRequest func() (otlpRequest, func(context.Context) error)
	// answer is the answer to every accepted request.
	answer otlpAnswer
	// maxBody is the largest OTLP body, in bytes.
	maxBody int64
	// frames is true where frames are taken.
	frames bool
}

func (s *httpSignal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var from sender
	if s.frames {
		from = s.identifier.http(r)
		s.capability(from.known).SetHeader(w.Header())
	}
	if r.Method != http.MethodPost {
		write(w, http.StatusMethodNotAllowed, "text/plain", []byte("405 method not allowed, supported: [POST]"))
		return
	}
	switch contentType := mediaType(r); {
	case contentType == protoContentType || contentType == jsonContentType:
		s.serveOTLP(w, r, contentType)
	case contentType == tracezip.ContentType && s.frames:
		s.serveFrame(w, r, from)
	default:
		supported := fmt.Sprintf("415 unsupported media type, supported: [%s, %s]", jsonContentType, protoContentType)
		write(w, http.StatusUnsupportedMediaType, "text/plain", []byte(supported))
	}
}

func (s *httpSignal) serveOTLP(w http.ResponseWriter, r *http.Request, contentType string) {
	body, err := readBody(r, s.maxBody)
	if err != nil {
		writeBodyError(w, contentType, err)
		return
	}
	req, consume := s.newRequest()
	unmarshal := req.UnmarshalProto
	if contentType == jsonContentType {
		unmarshal = req.UnmarshalJSON
	}
	if err := unmarshal(body); err != nil {
		writeStatus(w, contentType, http.StatusBadRequest, status.New(codes.InvalidArgument, err.Error()))
		return
	}
	if err := consume(r.Context()); err != nil {
		st := status.Convert(err)
		writeStatus(w, contentType, otlpzip.CodeToHTTP(st.Code()), st)
		return
	}
	s.writeAnswer(w, contentType)
}

func (s *httpSignal) serveFrame(w http.ResponseWriter, r *http.Request, from sender) {
	frame, err := readBody(r, int64(s.maxFrame))
	var overBody *http.MaxBytesError
	if err != nil && !errors.As(err, &overBody) {
		writeBodyError(w, protoContentType, err)
		return
	}
	// What was read of a frame that is too large is enough to refuse it as that.
	if err := s.frame(r.Context(), frame, from); err != nil {
		st := status.Convert(err)
		httpCode := otlpzip.CodeToHTTP(st.Code())
		if reason := otlpzip.FrameReason(st); reason != "" {
			httpCode = otlpzip.FrameReasonToHTTP(reason)
		}
		writeStatus(w, protoContentType, httpCode, st)
		return
	}
	s.writeAnswer(w, protoContentType)
}

func (s *httpSignal) writeAnswer(w http.ResponseWriter, contentType string) {
	marshal := s.answer.MarshalProto
	if contentType == jsonContentType {
		marshal = s.answer.MarshalJSON
	}
	msg, err := marshal()
	if err != nil {
		writeStatus(w, contentType, http.StatusInternalServerError, status.New(codes.Internal, err.Error()))
		return
	}
	write(w, http.StatusOK, contentType, msg)
}

// readBody reads a body of at most limit bytes. Of a larger one the rest is read too, within bounds, and thrown away.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(min(r.ContentLength, limit, maxBodyHint)) + bytes.MinRead)
	}
	// One byte more than allowed tells a body of the largest size from a larger one.
	_, err := buf.ReadFrom(io.LimitReader(r.Body, limit+1))
	if err == nil && int64(buf.Len()) > limit {
		_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
		err = &http.MaxBytesError{Limit: limit}
	}
	return buf.Bytes(), errors.Join(err, r.Body.Close())
}

// writeBodyError answers for a body that could not be read.
func writeBodyError(w http.ResponseWriter, contentType string, err error) {
	code := http.StatusBadRequest
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		code = http.StatusRequestEntityTooLarge
	}
	writeStatus(w, contentType, code, status.New(codes.InvalidArgument, err.Error()))
}

// writeServerError answers for the server in front of the handlers: authentication, decompression.
func writeServerError(w http.ResponseWriter, r *http.Request, msg string, code int) {
	contentType := jsonContentType
	if t := mediaType(r); t == protoContentType || t == tracezip.ContentType {
		contentType = protoContentType
	}
	writeStatus(w, contentType, code, status.New(otlpzip.HTTPToCode(code), msg))
}

// writeStatus answers with a google.rpc.Status, as OTLP/HTTP asks.
func writeStatus(w http.ResponseWriter, contentType string, code int, st *status.Status) {
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		if info := otlpzip.RetryInfo(st); info != nil {
			w.Header().Set("Retry-After", strconv.FormatInt(int64(info.GetRetryDelay().AsDuration()/time.Second), 10))
		}
	}
	marshal := proto.Marshal
	if contentType == jsonContentType {
		marshal = protojson.Marshal
	}
	msg, err := marshal(st.Proto())
	if err != nil {
		write(w, http.StatusInternalServerError, jsonContentType, []byte(`{"code": 13, "message": "failed to marshal error message"}`))
		return
	}
	write(w, code, contentType, msg)
}

func write(w http.ResponseWriter, code int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(code)
	// The client is gone if this fails, and the server notices by itself.
	_, _ = w.Write(body)
}

func mediaType(r *http.Request) string {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}
