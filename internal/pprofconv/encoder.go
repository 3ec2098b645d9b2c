package pprofconv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// The pprof.* attributes of the semantic conventions, for what OTLP has no field.
const (
	keyComment           = "pprof.profile.comment"
	keyDocURL            = "pprof.profile.doc_url"
	keyDropFrames        = "pprof.profile.drop_frames"
	keyKeepFrames        = "pprof.profile.keep_frames"
	keyDefaultSampleType = "pprof.scope.default_sample_type"
	keySampleTypeOrder   = "pprof.scope.sample_type_order"
	keyIsFolded          = "pprof.location.is_folded"
	keyHasFunctions      = "pprof.mapping.has_functions"
	keyHasFilenames      = "pprof.mapping.has_filenames"
	keyHasLineNumbers    = "pprof.mapping.has_line_numbers"
	keyHasInlineFrames   = "pprof.mapping.has_inline_frames"
	keyFrameType         = "profile.frame.type"

	// keyLinkMethod is ours: how the link of a sample was found.
	keyLinkMethod = "profile.link.method"
)

// ErrNoSampleType is returned for a pprof profile that does not say what it counts, which OTLP cannot express.
var ErrNoSampleType = errors.New("the profile has no sample type")

// Encoder gathers pprof profiles in one OTLP request with one dictionary.
type Encoder struct {
	// LinkMethod, if set, is told of every sample that has a link, as the attribute profile.link.method.
	LinkMethod string

	scope, version string
	pd             pprofile.Profiles
	tables         *tables
}

// NewEncoder returns an empty encoder; scope and version are what the instrumentation scopes will be called.
func NewEncoder(scope, version string) *Encoder {
	pd := pprofile.NewProfiles()
	return &Encoder{scope: scope, version: version, pd: pd, tables: newTables(pd.Dictionary())}
}

// Profiles returns the request. The encoder must not be used afterwards.
func (e *Encoder) Profiles() pprofile.Profiles { return e.pd }

// Add converts a profile. OTLP has one sample type per profile: each becomes a profile of one scope, whose attributes
// keep their order. Labels that say what was profiled, such as process.pid, become the resource, so that a profile of
// several processes is spread over as many resources; attributes of resource are given to all of them and go before
// labels of the same key. Samples of equal stack and labels are added up; a value of zero is left out of its sample type,
// unless all values of the sample are zero. An error means that nothing was added.
func (e *Encoder) Add(resource pcommon.Map, p *profile.Profile) error {
	if err := p.CheckValid(); err != nil {
		return fmt.Errorf("invalid profile: %w", err)
	}
	if len(p.SampleType) == 0 {
		return ErrNoSampleType
	}
	clear(e.tables.known)
	if len(p.Mapping) > 0 {
		e.tables.mapping(p.Mapping[0]) // the main binary stays the first
	}
	parts := e.partition(resource, p)
	if len(parts) == 0 {
		parts = append(parts, &part{})
	}
	for _, part := range parts {
		rp := e.pd.ResourceProfiles().AppendEmpty()
		attrs := rp.Resource().Attributes()
		resource.CopyTo(attrs)
		for _, l := range part.resource {
			l.toValue(attrs.PutEmpty(l.key))
		}
		sp := rp.ScopeProfiles().AppendEmpty()
		e.describeScope(sp.Scope(), p)
		for i := range p.SampleType {
			e.profile(sp.Profiles().AppendEmpty(), p, i, part)
		}
	}
	return nil
}

// part is the samples of one resource.
type part struct {
	resource []label
	rows     []*row
	index    map[string]*row
}

// row is what all sample types have in common, and a value for each of them.
type row struct {
	stack, link int32
	attributes  []int32
	values      []int64
}

// partition adds equal samples up, apart for each resource, in the order of their first appearance.
func (e *Encoder) partition(resource pcommon.Map, p *profile.Profile) []*part {
	parts := map[string]*part{}
	var order []*part
	for _, s := range p.Sample {
		id := identify(resource, s)
		pt := parts[id.resourceKey]
		if pt == nil {
			pt = &part{resource: id.resource, index: map[string]*row{}}
			parts[id.resourceKey] = pt
			order = append(order, pt)
		}
		r := row{stack: e.tables.stack(s.Location)}
		for _, l := range id.attributes {
			r.attributes = append(r.attributes, e.tables.attribute(l))
		}
		if id.linked {
			r.link = e.tables.link(id.link)
			if e.LinkMethod != "" {
				r.attributes = append(r.attributes, e.tables.attribute(label{key: keyLinkMethod, texts: []string{e.LinkMethod}}))
			}
		}
		key := r.key()
		known := pt.index[key]
		if known == nil {
			known = &r
			known.values = make([]int64, len(s.Value))
			pt.index[key] = known
			pt.rows = append(pt.rows, known)
		}
		for i, v := range s.Value {
			known.values[i] = addSaturated(known.values[i], v)
		}
	}
	return order
}

func (r *row) key() string {
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 8+4*len(r.attributes)), uint32(r.stack))
	b = binary.LittleEndian.AppendUint32(b, uint32(r.link))
	for _, a := range r.attributes {
		b = binary.LittleEndian.AppendUint32(b, uint32(a))
	}
	return string(b)
}

// silent tells whether all values are zero.
func (r *row) silent() bool {
	for _, v := range r.values {
		if v != 0 {
			return false
		}
	}
	return true
}

func (e *Encoder) describeScope(scope pcommon.InstrumentationScope, p *profile.Profile) {
	scope.SetName(e.scope)
	scope.SetVersion(e.version)
	if p.DefaultSampleType != "" {
		scope.Attributes().PutStr(keyDefaultSampleType, p.DefaultSampleType)
	}
	order := scope.Attributes().PutEmptySlice(keySampleTypeOrder)
	for i := range p.SampleType {
		order.AppendEmpty().SetInt(int64(i))
	}
}

// profile writes the profile of one sample type.
func (e *Encoder) profile(to pprofile.Profile, p *profile.Profile, sampleType int, part *part) {
	t := e.tables
	to.SampleType().SetTypeStrindex(t.str(p.SampleType[sampleType].Type))
	to.SampleType().SetUnitStrindex(t.str(p.SampleType[sampleType].Unit))
	if p.PeriodType != nil {
		to.PeriodType().SetTypeStrindex(t.str(p.PeriodType.Type))
		to.PeriodType().SetUnitStrindex(t.str(p.PeriodType.Unit))
	}
	to.SetPeriod(p.Period)
	to.SetTime(pcommon.Timestamp(p.TimeNanos))
	to.SetDurationNano(uint64(p.DurationNanos))
	for _, text := range []struct{ key, value string }{
		{keyDocURL, p.DocURL}, {keyDropFrames, p.DropFrames}, {keyKeepFrames, p.KeepFrames},
	} {
		if text.value != "" {
			to.AttributeIndices().Append(t.attribute(label{key: text.key, texts: []string{text.value}}))
		}
	}
	if comments := slices.DeleteFunc(slices.Clone(p.Comments), func(c string) bool { return c == "" }); len(comments) > 0 {
		to.AttributeIndices().Append(t.attribute(label{key: keyComment, texts: comments, list: true}))
	}
	for _, r := range part.rows {
		if r.values[sampleType] == 0 && (sampleType > 0 || !r.silent()) {
			continue
		}
		s := to.Samples().AppendEmpty()
		s.SetStackIndex(r.stack)
		s.SetLinkIndex(r.link)
		s.AttributeIndices().Append(r.attributes...)
		s.Values().Append(r.values[sampleType])
	}
}
