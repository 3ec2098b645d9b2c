package otlpzip

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// ErrorDomain is the domain of the ErrorInfo details that say what was wrong with a frame.
const ErrorDomain = "tracezip.otelcol-plus"

// Reason says what was wrong with a frame. It is empty when the frame was not at fault.
type Reason string

const (
	// ReasonVersion: the peer does not read this version of a frame.
	ReasonVersion Reason = "FRAME_VERSION"
	// ReasonCorrupt: the bytes that arrived are not a whole frame.
	ReasonCorrupt Reason = "FRAME_CORRUPT"
	// ReasonTooLarge: the frame, or what it decodes to, is over the peer's limit.
	ReasonTooLarge Reason = "FRAME_TOO_LARGE"
	// ReasonDictionary: the frame names a dictionary that the peer does not have.
	ReasonDictionary Reason = "DICTIONARY_MISSING"
)

// FrameStatus turns an error of the tracezip decoder into the status the sender gets.
func FrameStatus(err error) (*status.Status, Reason) {
	code, reason := codes.InvalidArgument, ReasonCorrupt
	switch {
	case errors.Is(err, tracezip.ErrVersion):
		code, reason = codes.Unimplemented, ReasonVersion
	case errors.Is(err, tracezip.ErrLimit):
		code, reason = codes.ResourceExhausted, ReasonTooLarge
	case errors.Is(err, tracezip.ErrDictionary):
		code, reason = codes.FailedPrecondition, ReasonDictionary
	}
	return newFrameStatus(code, reason, err.Error()), reason
}

func newFrameStatus(code codes.Code, reason Reason, msg string) *status.Status {
	st := status.New(code, msg)
	if detailed, err := st.WithDetails(&errdetails.ErrorInfo{Reason: string(reason), Domain: ErrorDomain}); err == nil {
		return detailed
	}
	return st
}

// FrameReason returns what st says was wrong with the frame.
func FrameReason(st *status.Status) Reason {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == ErrorDomain {
			return Reason(info.GetReason())
		}
	}
	return ""
}

// WithoutFrameReason drops what st says about a frame. It is for statuses that come from further down a pipeline, where
// another exporter may have sent other frames to another peer.
func WithoutFrameReason(st *status.Status) *status.Status {
	if FrameReason(st) == "" {
		return st
	}
	p := st.Proto()
	p.Details = slices.DeleteFunc(p.Details, func(detail *anypb.Any) bool {
		var info errdetails.ErrorInfo
		return detail.UnmarshalTo(&info) == nil && info.GetDomain() == ErrorDomain
	})
	return status.FromProto(p)
}

// RetryInfo returns the server's wish for when to retry, nil when it has none.
func RetryInfo(st *status.Status) *errdetails.RetryInfo {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info
		}
	}
	return nil
}

// sizeTexts are how servers word "this request is too large". No status code stands for it alone: gRPC servers answer
// RESOURCE_EXHAUSTED (tonic: OUT_OF_RANGE), which is also what an exhausted quota looks like, and the stock receiver
// answers 400 when an HTTP body is over its limit.
var sizeTexts = []string{
	"larger than max",           // grpc-go, gRPC core
	"exceeds maximum size",      // grpc-java
	"exceeds the maximum",       // grpc-dotnet
	"message length too large",  // tonic
	"message too large",         // grpc-go
	"request body too large",    // net/http
	"exceeds max request body",  // confighttp, snappy
	"decompressed size exceeds", // klauspost/compress
}

// TooLarge reports whether the peer refused a request, frame or OTLP, only for its size, so that a smaller one can
// pass.
func TooLarge(st *status.Status) bool {
	switch st.Code() {
	case codes.ResourceExhausted, codes.OutOfRange, codes.InvalidArgument:
	default:
		return false
	}
	if FrameReason(st) == ReasonTooLarge {
		return true
	}
	if RetryInfo(st) != nil {
		return false
	}
	for _, text := range sizeTexts {
		if strings.Contains(st.Message(), text) {
			return true
		}
	}
	return false
}

// HTTPToCode is the gRPC code for an HTTP answer that carries no status of its own, as the OTLP specification maps
// them.
func HTTPToCode(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.Unimplemented
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return codes.Unavailable
	default:
		return codes.Unknown
	}
}

// CodeToHTTP is the HTTP status for an error of the pipeline, as the OTLP specification maps them.
func CodeToHTTP(code codes.Code) int {
	switch code {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss:
		return http.StatusServiceUnavailable
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.InvalidArgument:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.Unimplemented:
		return http.StatusNotFound
	default:
		return http.StatusInternalServerError
	}
}

// FrameReasonToHTTP is the HTTP status for a frame that was refused.
func FrameReasonToHTTP(reason Reason) int {
	switch reason {
	case ReasonVersion:
		return http.StatusUnsupportedMediaType
	case ReasonTooLarge:
		return http.StatusRequestEntityTooLarge
	case ReasonDictionary:
		return http.StatusPreconditionFailed
	default:
		return http.StatusBadRequest
	}
}
