package tracezip

import (
	"encoding/binary"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// A frame may carry OTLP protobuf as it is. Unmarshalling has no limits of its own: an empty span takes two bytes on the
// wire and some hundred in memory, and messages may nest as deep as the bytes allow. So the payload is walked first, with
// just enough of the schema to charge for every message and to follow the nesting.

// message is a protobuf message: what one costs and which of its length-delimited fields are messages.
type message struct {
	cost   int
	fields map[uint64]*message
}

var tracesMessage = func() *message {
	value, element := &message{}, &message{cost: costElement}
	keyValue := &message{cost: costAttr, fields: map[uint64]*message{2: value}}
	value.fields = map[uint64]*message{
		5: {cost: costElement, fields: map[uint64]*message{1: element}},
		6: {cost: costElement, fields: map[uint64]*message{1: keyValue}},
	}
	element.fields = value.fields
	span := &message{cost: costSpan, fields: map[uint64]*message{
		9:  keyValue,
		11: {cost: costEvent, fields: map[uint64]*message{3: keyValue}},
		13: {cost: costLink, fields: map[uint64]*message{4: keyValue}},
	}}
	scopeSpans := &message{cost: costScope, fields: map[uint64]*message{
		1: {fields: map[uint64]*message{3: keyValue}}, 2: span,
	}}
	entityRef := &message{cost: costEvent, fields: map[uint64]*message{3: {cost: 16}, 4: {cost: 16}}}
	return &message{fields: map[uint64]*message{1: {cost: costResource, fields: map[uint64]*message{
		1: {fields: map[uint64]*message{1: keyValue, 3: entityRef}}, 2: scopeSpans, 1000: scopeSpans,
	}}}}
}()

// chargeMessage charges for everything in b. Bytes that are no protobuf are left to the unmarshaller to refuse.
func (d *Decoder) chargeMessage(b []byte, m *message, depth int) error {
	// An attribute of the value types goes three messages deep for every level of nesting.
	if depth > maxPlainDepth+3*d.limits.MaxDepth {
		return &Error{Kind: ErrLimit, Section: "otlp", Offset: len(b), Reason: "attribute nests too deep"}
	}
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return nil
		}
		b = b[n:]
		skip := 0
		switch tag & 7 {
		case 0:
			if _, skip = binary.Uvarint(b); skip <= 0 {
				return nil
			}
		case 1:
			skip = 8
		case 5:
			skip = 4
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return nil
			}
			b, skip = b[n:], int(size)
			sub := m.fields[tag>>3]
			if sub == nil {
				break
			}
			if !d.budget.charge(sub.cost) {
				return d.budget.exceeded("otlp", len(b))
			}
			if err := d.chargeMessage(b[:skip], sub, depth+1); err != nil {
				return err
			}
		}
		if skip > len(b) {
			return nil
		}
		b = b[skip:]
	}
	return nil
}

// maxPlainDepth is how deep messages nest without attributes inside attributes.
const maxPlainDepth = 8

func (d *Decoder) decodeOTLP(raw []byte, spans int) (ptrace.Traces, error) {
	if err := d.chargeMessage(raw, tracesMessage, 0); err != nil {
		return ptrace.NewTraces(), err
	}
	var u ptrace.ProtoUnmarshaler
	td, err := u.UnmarshalTraces(raw)
	if err != nil {
		return ptrace.NewTraces(), &Error{Kind: ErrCorrupt, Section: "otlp", Reason: err.Error()}
	}
	if td.SpanCount() != spans {
		return ptrace.NewTraces(), &Error{Kind: ErrCorrupt, Section: "otlp", Reason: "span count differs from the header"}
	}
	return td, nil
}
