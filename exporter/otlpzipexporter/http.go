package otlpzipexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

const (
	jsonContentType  = "application/json"
	protoContentType = "application/x-protobuf"
	maxAnswerBytes   = 64 << 10

	// httpConn stands for all connections of the HTTP client, which come and go by themselves.
	httpConn = "http"
)

// httpLink is the HTTP transport.
type httpLink struct {
	config    *HTTPConfig
	url       string // of this exporter's one signal
	settings  component.TelemetrySettings
	userAgent string
	peer      *negotiator
	tel       *telemetry

	otlp *http.Client
	// plain has the same settings but does not compress: confighttp compresses whatever a client sends, and frames are
	// compressed already. It is nil for signals without frames.
	plain  *http.Client
	frames bool
}

func (l *httpLink) start(ctx context.Context, host component.Host) error {
	var err error
	if l.otlp, err = l.config.ClientConfig.ToClient(ctx, host.GetExtensions(), l.settings); err != nil {
		return err
	}
	if !l.frames {
		return nil
	}
	if !l.config.ClientConfig.Compression.IsCompressed() {
		l.plain = l.otlp
	} else {
		uncompressed := l.config.ClientConfig
		uncompressed.Compression = ""
		uncompressed.CompressionParams = configcompression.CompressionParams{}
		if l.plain, err = uncompressed.ToClient(ctx, host.GetExtensions(), l.settings); err != nil {
			return err
		}
	}
	l.peer.connected(httpConn)
	return nil
}

func (l *httpLink) shutdown(context.Context) error {
	for _, client := range []*http.Client{l.otlp, l.plain} {
		if client != nil {
			client.CloseIdleConnections()
		}
	}
	return nil
}

func (l *httpLink) frame(ctx context.Context, frame *[]byte) reply {
	if l.plain == nil {
		return reply{verdict: failed, err: errNotStarted}
	}
	// The transport may read the body after Do has returned, so the buffer is not reused.
	a, err := l.post(ctx, l.plain, tracezip.ContentType, *frame, l.tel.sentFrame)
	if err != nil {
		return reply{verdict: failed, err: err}
	}
	c := otlpzip.FromHeader(a.header)
	l.peer.advertised(httpConn, c)
	r := reply{verdict: frameVerdict(a, c), peer: c}
	switch r.verdict {
	case delivered:
		l.peer.accepted(httpConn)
		if r.err = l.partialTraces(a); r.err != nil {
			r.verdict = failed
		}
	case unsupported:
		l.peer.refusedFrame(httpConn)
		r.err = a.err(l.url)
	case rejected, missing, tooLarge:
		r.err = consumererror.NewPermanent(a.err(l.url))
	default:
		r.err = classifyHTTP(a, l.url)
	}
	return r
}

// frameVerdict tells the answers of a peer that read the frame from those of one that does not know what a frame is.
// Success from a peer that does not advertise tracezip is taken for the latter: some servers answer 200 to anything.
func frameVerdict(a answer, c otlpzip.Capability) verdict {
	reason := otlpzip.FrameReason(a.status)
	switch {
	case a.ok() && c.Tracezip:
		return delivered
	case a.ok(), reason == otlpzip.ReasonVersion, a.code == http.StatusUnsupportedMediaType:
		return unsupported
	case reason == otlpzip.ReasonTooLarge, a.tooLarge():
		return tooLarge
	case reason == otlpzip.ReasonCorrupt:
		return rejected
	case reason == otlpzip.ReasonDictionary, a.code == http.StatusPreconditionFailed && c.Tracezip: // a proxy may have taken the body
		return missing
	}
	switch a.code {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		if !c.Tracezip {
			return unsupported
		}
	}
	return failed
}

func (l *httpLink) traces(ctx context.Context, td ptrace.Traces) reply {
	a, err := l.export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
	if err != nil {
		return reply{verdict: failed, err: err}
	}
	r := reply{peer: otlpzip.FromHeader(a.header)}
	l.peer.advertised(httpConn, r.peer)
	switch {
	case a.ok():
		r.err = l.partialTraces(a)
	default:
		r.err = classifyHTTP(a, l.url)
	}
	switch {
	case r.err == nil:
		r.verdict = delivered
	case a.tooLarge():
		r.verdict = tooLarge
	default:
		r.verdict = failed
	}
	return r
}

func (l *httpLink) partialTraces(a answer) error {
	resp := ptraceotlp.NewExportResponse()
	if err := a.unmarshal(resp); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedSpans(), "spans")
	return nil
}

func (l *httpLink) metrics(ctx context.Context, md pmetric.Metrics) error {
	resp := pmetricotlp.NewExportResponse()
	if err := l.exportAll(ctx, pmetricotlp.NewExportRequestFromMetrics(md), resp); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedDataPoints(), "data_points")
	return nil
}

func (l *httpLink) logs(ctx context.Context, ld plog.Logs) error {
	resp := plogotlp.NewExportResponse()
	if err := l.exportAll(ctx, plogotlp.NewExportRequestFromLogs(ld), resp); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedLogRecords(), "log_records")
	return nil
}

func (l *httpLink) profiles(ctx context.Context, pd pprofile.Profiles) error {
	resp := pprofileotlp.NewExportResponse()
	if err := l.exportAll(ctx, pprofileotlp.NewExportRequestFromProfiles(pd), resp); err != nil {
		return err
	}
	ps := resp.PartialSuccess()
	warnPartial(l.settings.Logger, ps.ErrorMessage(), ps.RejectedProfiles(), "profiles")
	return nil
}

// otlpRequest and otlpResponse are what the messages of all signals have in common.
type otlpRequest interface {
	MarshalProto() ([]byte, error)
	MarshalJSON() ([]byte, error)
}

type otlpResponse interface {
	UnmarshalProto([]byte) error
	UnmarshalJSON([]byte) error
}

// exportAll sends a request and reads the answer of an accepted one into resp.
func (l *httpLink) exportAll(ctx context.Context, req otlpRequest, resp otlpResponse) error {
	a, err := l.export(ctx, req)
	if err != nil {
		return err
	}
	if !a.ok() {
		return classifyHTTP(a, l.url)
	}
	return a.unmarshal(resp)
}

func (l *httpLink) export(ctx context.Context, req otlpRequest) (answer, error) {
	if l.otlp == nil {
		return answer{}, errNotStarted
	}
	contentType, marshal := protoContentType, req.MarshalProto
	if l.config.Signals.Encoding == EncodingJSON {
		contentType, marshal = jsonContentType, req.MarshalJSON
	}
	body, err := marshal()
	if err != nil {
		return answer{}, consumererror.NewPermanent(err)
	}
	return l.post(ctx, l.otlp, contentType, body, func(ctx context.Context, wire int) {
		l.tel.sentOTLP(ctx, wire)
		l.tel.weighOTLP(ctx, len(body))
	})
}

// answer is what came back for a request that reached a server.
type answer struct {
	code   int
	header http.Header
	body   []byte
	status *status.Status // of a failed request
}

func (a answer) ok() bool { return a.code >= 200 && a.code <= 299 }

func (a answer) tooLarge() bool {
	return a.code == http.StatusRequestEntityTooLarge || !a.ok() && otlpzip.TooLarge(a.status)
}

// unmarshal reads the message of an accepted request.
func (a answer) unmarshal(resp otlpResponse) error {
	if len(a.body) == 0 {
		return nil
	}
	var err error
	switch a.header.Get("Content-Type") {
	case protoContentType:
		err = resp.UnmarshalProto(a.body)
	case jsonContentType:
		err = resp.UnmarshalJSON(a.body)
	}
	if err != nil {
		return consumererror.NewPermanent(fmt.Errorf("error parsing the response: %w", err))
	}
	return nil
}

// err describes a failed request.
func (a answer) err(requestURL string) error {
	msg := fmt.Sprintf("error exporting items, request to %s responded with HTTP Status Code %d", requestURL, a.code)
	if text := a.status.Message(); text != "" {
		msg += ", Message=" + text
	}
	return status.Error(otlpzip.HTTPToCode(a.code), msg)
}

// post sends one request and reads the answer. Its errors are to be retried.
func (l *httpLink) post(ctx context.Context, client *http.Client, contentType string, body []byte, sent func(context.Context, int)) (answer, error) {
	req, err := http.NewRequestWithContext(countBody(ctx, sent), http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, consumererror.NewPermanent(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", l.userAgent)
	resp, err := client.Do(req)
	if err != nil {
		var urlErr *url.Error
		if errors.As(err, &urlErr) {
			urlErr.URL = req.URL.String()
		}
		return answer{}, fmt.Errorf("failed to make an HTTP request: %w", err)
	}
	defer func() {
		// What is left of the body, so that the connection can be used again.
		_, _ = io.CopyN(io.Discard, resp.Body, maxAnswerBytes)
		_ = resp.Body.Close()
	}()
	a := answer{code: resp.StatusCode, header: resp.Header}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil && a.ok() {
		return answer{}, consumererror.NewPermanent(err) // it was accepted: sending again would duplicate it
	}
	a.status = bodyStatus(a)
	return a, nil
}

// countBody makes the transport report the length of the body it really sends: after compression, and again when the
// request is sent again. It is the last layer that knows.
func countBody(ctx context.Context, sent func(context.Context, int)) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(key string, value []string) {
			if !strings.EqualFold(key, "Content-Length") || len(value) == 0 {
				return
			}
			if n, err := strconv.Atoi(value[0]); err == nil {
				sent(ctx, n)
			}
		},
	})
}

// bodyStatus reads the google.rpc.Status that OTLP/HTTP servers put into the body of a failure.
func bodyStatus(a answer) *status.Status {
	code := otlpzip.HTTPToCode(a.code)
	if a.ok() {
		return nil
	}
	var st spb.Status
	if err := proto.Unmarshal(a.body, &st); err != nil || len(a.body) == 0 {
		return status.New(code, "")
	}
	st.Code = int32(code)
	return status.FromProto(&st)
}

// classifyHTTP says whether a failed request is permanent, throttled or to be retried, by the OTLP specification's table.
func classifyHTTP(a answer, requestURL string) error {
	err := a.err(requestURL)
	switch a.code {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if delay, ok := retryAfter(a.header); ok {
			return exporterhelper.NewThrottleRetry(err, delay)
		}
		return err
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return err
	default:
		return consumererror.NewPermanent(err)
	}
}

// retryAfter reads the Retry-After header: seconds or a date.
func retryAfter(h http.Header) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := time.Parse(time.RFC1123, value); err == nil {
		return time.Until(date), true
	}
	return 0, false
}
