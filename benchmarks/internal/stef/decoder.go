package stef

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/splunk/stef/go/otel/otelstef"
	"github.com/splunk/stef/go/pkg"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Decoder reads the batches of one stream in their order.
//
// A STEF record is a span with its resource and scope; where a block of OTLP began is not in it. Consecutive spans whose
// resource and scope did not change come back as one block. Strings are not copied: they share the memory of the column
// they were read from, as STEF's reader hands them out.
type Decoder struct {
	ids    IDs
	source bytes.Reader
	reader *otelstef.SpansReader // nil before the first batch
}

// NewDecoder reads a stream whose encoder stored ids this way.
func NewDecoder(ids IDs) *Decoder { return &Decoder{ids: ids} }

// Decode returns the batch that one Append wrote.
func (d *Decoder) Decode(batch []byte) (ptrace.Traces, error) {
	d.source.Reset(batch)
	if d.reader == nil {
		var err error
		if d.reader, err = otelstef.NewSpansReader(&d.source); err != nil {
			return ptrace.Traces{}, fmt.Errorf("stef: header: %w", err)
		}
	}
	td := ptrace.NewTraces()
	var rs ptrace.ResourceSpans
	var ss ptrace.ScopeSpans
	record := &d.reader.Record
	for n := 0; ; n++ {
		// At the end of the batch the source has no next frame; the reader goes on when it is filled again.
		if err := d.reader.Read(pkg.ReadOptions{}); errors.Is(err, io.EOF) {
			return td, nil
		} else if err != nil {
			return td, fmt.Errorf("stef: span %d of the batch: %w", n, err)
		}
		newResource := n == 0 || record.IsResourceModified()
		if newResource {
			rs = td.ResourceSpans().AppendEmpty()
			takeResource(rs, record.Resource())
		}
		if newResource || record.IsScopeModified() {
			ss = rs.ScopeSpans().AppendEmpty()
			takeScope(ss, record.Scope())
		}
		if err := d.takeSpan(ss.Spans().AppendEmpty(), record.Span()); err != nil {
			return td, fmt.Errorf("stef: span %d of the batch: %w", n, err)
		}
	}
}

func takeResource(dst ptrace.ResourceSpans, r *otelstef.Resource) {
	dst.SetSchemaUrl(r.SchemaURL())
	takeMap(dst.Resource().Attributes(), r.Attributes())
	dst.Resource().SetDroppedAttributesCount(uint32(r.DroppedAttributesCount()))
}

func takeScope(dst ptrace.ScopeSpans, s *otelstef.Scope) {
	dst.SetSchemaUrl(s.SchemaURL())
	dst.Scope().SetName(s.Name())
	dst.Scope().SetVersion(s.Version())
	takeMap(dst.Scope().Attributes(), s.Attributes())
	dst.Scope().SetDroppedAttributesCount(uint32(s.DroppedAttributesCount()))
}

func (d *Decoder) takeSpan(dst ptrace.Span, s *otelstef.Span) error {
	trace, err1 := d.traceID(s.TraceID())
	span, err2 := d.spanID(s.SpanID())
	parent, err3 := d.spanID(s.ParentSpanID())
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	dst.SetTraceID(trace)
	dst.SetSpanID(span)
	dst.SetParentSpanID(parent)
	dst.SetName(s.Name())
	dst.SetFlags(uint32(s.Flags()))
	dst.SetStartTimestamp(pcommon.Timestamp(s.StartTimeUnixNano()))
	dst.SetEndTimestamp(pcommon.Timestamp(s.EndTimeUnixNano()))
	dst.SetKind(ptrace.SpanKind(s.Kind()))
	dst.TraceState().FromRaw(s.TraceState())
	takeMap(dst.Attributes(), s.Attributes())
	dst.SetDroppedAttributesCount(uint32(s.DroppedAttributesCount()))
	dst.Status().SetCode(ptrace.StatusCode(s.Status().Code()))
	dst.Status().SetMessage(s.Status().Message())
	takeEvents(dst.Events(), s.Events())
	return d.takeLinks(dst.Links(), s.Links())
}

func takeEvents(dst ptrace.SpanEventSlice, events *otelstef.EventArray) {
	dst.EnsureCapacity(events.Len())
	for i := range events.Len() {
		from, to := events.At(i), dst.AppendEmpty()
		to.SetName(from.Name())
		to.SetTimestamp(pcommon.Timestamp(from.TimeUnixNano()))
		takeMap(to.Attributes(), from.Attributes())
		to.SetDroppedAttributesCount(uint32(from.DroppedAttributesCount()))
	}
}

func (d *Decoder) takeLinks(dst ptrace.SpanLinkSlice, links *otelstef.LinkArray) error {
	dst.EnsureCapacity(links.Len())
	for i := range links.Len() {
		from, to := links.At(i), dst.AppendEmpty()
		trace, err1 := d.traceID(from.TraceID())
		span, err2 := d.spanID(from.SpanID())
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("link %d: %w", i, err)
		}
		to.SetTraceID(trace)
		to.SetSpanID(span)
		to.TraceState().FromRaw(from.TraceState())
		to.SetFlags(uint32(from.Flags()))
		takeMap(to.Attributes(), from.Attributes())
		to.SetDroppedAttributesCount(uint32(from.DroppedAttributesCount()))
	}
	return nil
}

func (d *Decoder) traceID(b pkg.Bytes) (id pcommon.TraceID, err error) {
	return id, d.takeID(id[:], b)
}

func (d *Decoder) spanID(b pkg.Bytes) (id pcommon.SpanID, err error) {
	return id, d.takeID(id[:], b)
}

func (d *Decoder) takeID(dst []byte, b pkg.Bytes) error {
	if b == "" {
		return nil
	}
	if d.ids == RawIDs {
		if copy(dst, b) != len(dst) || len(b) != len(dst) {
			return fmt.Errorf("id of %d bytes, want %d", len(b), len(dst))
		}
		return nil
	}
	if len(b) != hex.EncodedLen(len(dst)) {
		return fmt.Errorf("id of %d hexadecimal digits, want %d", len(b), hex.EncodedLen(len(dst)))
	}
	var text [32]byte
	_, err := hex.Decode(dst, text[:copy(text[:], b)])
	return err
}

func takeMap(dst pcommon.Map, attributes *otelstef.Attributes) {
	dst.EnsureCapacity(attributes.Len())
	for i := range attributes.Len() {
		kv := attributes.At(i)
		takeValue(dst.PutEmpty(kv.Key()), kv.Value())
	}
}

func takeValue(dst pcommon.Value, v *otelstef.AnyValue) {
	switch v.Type() {
	case otelstef.AnyValueTypeString:
		dst.SetStr(v.String())
	case otelstef.AnyValueTypeBool:
		dst.SetBool(v.Bool())
	case otelstef.AnyValueTypeInt64:
		dst.SetInt(v.Int64())
	case otelstef.AnyValueTypeFloat64:
		dst.SetDouble(v.Float64())
	case otelstef.AnyValueTypeBytes:
		dst.SetEmptyBytes().FromRaw([]byte(v.Bytes()))
	case otelstef.AnyValueTypeArray:
		slice := dst.SetEmptySlice()
		for i := range v.Array().Len() {
			takeValue(slice.AppendEmpty(), v.Array().At(i))
		}
	case otelstef.AnyValueTypeKVList:
		m := dst.SetEmptyMap()
		for i := range v.KVList().Len() {
			kv := v.KVList().At(i)
			takeValue(m.PutEmpty(kv.Key()), kv.Value())
		}
	}
}
