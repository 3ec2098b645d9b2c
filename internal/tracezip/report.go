package tracezip

import (
	"cmp"
	"slices"
)

// Report says what the bytes of frames were spent on. The parts add up to Bytes, and so do the services; the keys of a class
// add up to the part that is called after it. The JSON names are stable.
type Report struct {
	Frames int `json:"frames"`
	// OTLPFrames are those that carry OTLP protobuf instead of columns: tiny batches, and what columns cannot hold.
	OTLPFrames int             `json:"otlp_frames"`
	Spans      int             `json:"spans"`
	Bytes      int64           `json:"bytes"`
	Parts      []PartReport    `json:"parts"`    // the largest first, those without bytes left out
	Keys       []KeyReport     `json:"keys"`     // likewise, but those without bytes are there
	Services   []ServiceReport `json:"services"` // the largest first
}

// PartReport is one part of all frames.
type PartReport struct {
	Part  string `json:"part"`
	Bytes int64  `json:"bytes"`
}

// KeyReport is what one attribute key costs: its name, its place in the shapes and its values.
type KeyReport struct {
	Class string `json:"class"` // resource, scope, span, event or link
	Key   string `json:"key"`
	Bytes int64  `json:"bytes"`
	// Rows is in how many resources, scopes, spans, events or links of the frames it occurs.
	Rows int64 `json:"rows"`
	// Distinct is how many values it has; from about a thousand on it is an estimate, and Estimated is set.
	Distinct  int64 `json:"distinct"`
	Estimated bool  `json:"estimated,omitempty"`
}

// ServiceReport is what the spans of one service cost. What services share, such as the header, is split by spans. The
// service without a name is called "".
type ServiceReport struct {
	Service string       `json:"service"`
	Spans   int64        `json:"spans"`
	Bytes   int64        `json:"bytes"`
	Keys    []ServiceKey `json:"keys"` // the dearest keys of the service
}

// ServiceKey is what one attribute key costs one service.
type ServiceKey struct {
	Class string `json:"class"`
	Key   string `json:"key"`
	Bytes int64  `json:"bytes"`
}

// maxServiceKeys is how many keys of a service a report names.
const maxServiceKeys = 5

// rounder rounds costs to bytes so that the sum of the rounded is the rounded sum.
type rounder struct{ sum uint64 }

func (r *rounder) bytes(cost uint64) int64 {
	before := r.sum / costUnit
	r.sum += cost
	return int64(r.sum/costUnit - before)
}

// Report returns the report on the frames so far.
func (i *Inspector) Report() *Report {
	r := &Report{Frames: i.frames, OTLPFrames: i.otlpFrames, Spans: i.spans, Bytes: int64(i.bytes)}
	parts, keys, services := make([]uint64, numParts), make([]uint64, len(i.keys)), make([]uint64, len(i.services))
	perService := make([][]ServiceKey, len(i.services))
	for c, cost := range i.costs {
		services[c.service] += cost
		if c.part < partAttributes {
			parts[c.part] += cost
			continue
		}
		keys[c.key] += cost
		k := &i.keys[c.key]
		if bytes := int64((cost + costUnit/2) / costUnit); bytes > 0 {
			perService[c.service] = append(perService[c.service], ServiceKey{Class: classNames[k.class], Key: k.name, Bytes: bytes})
		}
	}
	var round rounder
	var bytes [numParts]int64
	for p := range partAttributes {
		bytes[p] = round.bytes(parts[p])
	}
	for at := range i.keys {
		k := &i.keys[at]
		b := round.bytes(keys[at])
		bytes[partAttributes+framePart(k.class)] += b
		n, exact := k.values.count()
		r.Keys = append(r.Keys, KeyReport{
			Class: classNames[k.class], Key: k.name, Bytes: b, Rows: int64(k.rows), Distinct: n, Estimated: !exact,
		})
	}
	for p, b := range bytes {
		if b > 0 {
			r.Parts = append(r.Parts, PartReport{Part: partTitles[p], Bytes: b})
		}
	}
	round = rounder{}
	for at, s := range i.services {
		r.Services = append(r.Services, ServiceReport{
			Service: s.name, Spans: int64(s.spans), Bytes: round.bytes(services[at]), Keys: dearest(perService[at]),
		})
	}
	r.sort()
	return r
}

func dearest(keys []ServiceKey) []ServiceKey {
	slices.SortFunc(keys, func(a, b ServiceKey) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Class, b.Class))
	})
	return slices.Clip(keys[:min(len(keys), maxServiceKeys)])
}

// sort puts the largest first, and equals in alphabetical order.
func (r *Report) sort() {
	slices.SortFunc(r.Parts, func(a, b PartReport) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Part, b.Part))
	})
	slices.SortFunc(r.Keys, func(a, b KeyReport) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Class, b.Class))
	})
	slices.SortFunc(r.Services, func(a, b ServiceReport) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Service, b.Service))
	})
}
