package pprofconv

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

// request builds OTLP profiles for tests; its dictionary starts with the zero entries that OTLP demands.
type request struct {
	t  *testing.T
	pd pprofile.Profiles
}

func newRequest(t *testing.T) *request {
	r := &request{t: t, pd: pprofile.NewProfiles()}
	d := r.pd.Dictionary()
	d.StringTable().Append("")
	d.MappingTable().AppendEmpty()
	d.LocationTable().AppendEmpty()
	d.FunctionTable().AppendEmpty()
	d.LinkTable().AppendEmpty()
	d.AttributeTable().AppendEmpty()
	d.StackTable().AppendEmpty()
	return r
}

func (r *request) str(s string) int32 {
	i, err := pprofile.SetString(r.pd.Dictionary().StringTable(), s)
	require.NoError(r.t, err)
	return i
}

func (r *request) attr(key string, value any, unit string) int32 {
	table := r.pd.Dictionary().AttributeTable()
	a := table.AppendEmpty()
	a.SetKeyStrindex(r.str(key))
	a.SetUnitStrindex(r.str(unit))
	require.NoError(r.t, a.Value().FromRaw(value))
	return int32(table.Len() - 1)
}

func (r *request) mapping(file string, start, limit uint64, attrs ...int32) int32 {
	table := r.pd.Dictionary().MappingTable()
	m := table.AppendEmpty()
	m.SetFilenameStrindex(r.str(file))
	m.SetMemoryStart(start)
	m.SetMemoryLimit(limit)
	m.AttributeIndices().Append(attrs...)
	return int32(table.Len() - 1)
}

func (r *request) function(name, system, file string) int32 {
	table := r.pd.Dictionary().FunctionTable()
	f := table.AppendEmpty()
	f.SetNameStrindex(r.str(name))
	f.SetSystemNameStrindex(r.str(system))
	f.SetFilenameStrindex(r.str(file))
	return int32(table.Len() - 1)
}

func (r *request) location(mapping int32, address uint64, functions ...int32) int32 {
	table := r.pd.Dictionary().LocationTable()
	l := table.AppendEmpty()
	l.SetMappingIndex(mapping)
	l.SetAddress(address)
	for i, f := range functions {
		line := l.Lines().AppendEmpty()
		line.SetFunctionIndex(f)
		line.SetLine(int64(10 + i))
	}
	return int32(table.Len() - 1)
}

func (r *request) stack(locations ...int32) int32 {
	table := r.pd.Dictionary().StackTable()
	table.AppendEmpty().LocationIndices().Append(locations...)
	return int32(table.Len() - 1)
}

func (r *request) link(trace pcommon.TraceID, span pcommon.SpanID) int32 {
	table := r.pd.Dictionary().LinkTable()
	l := table.AppendEmpty()
	l.SetTraceID(trace)
	l.SetSpanID(span)
	return int32(table.Len() - 1)
}

func (r *request) profile(resource map[string]any, kind, unit string) pprofile.Profile {
	rp := r.pd.ResourceProfiles().AppendEmpty()
	require.NoError(r.t, rp.Resource().Attributes().FromRaw(resource))
	p := rp.ScopeProfiles().AppendEmpty().Profiles().AppendEmpty()
	p.SampleType().SetTypeStrindex(r.str(kind))
	p.SampleType().SetUnitStrindex(r.str(unit))
	p.PeriodType().SetTypeStrindex(r.str("cpu"))
	p.PeriodType().SetUnitStrindex(r.str("nanoseconds"))
	p.SetPeriod(52631578)
	p.SetTime(1_000_000_000)
	p.SetDurationNano(15_000_000_000)
	return p
}

func (r *request) sample(p pprofile.Profile, stack int32, values ...int64) pprofile.Sample {
	s := p.Samples().AppendEmpty()
	s.SetStackIndex(stack)
	s.Values().Append(values...)
	return s
}
