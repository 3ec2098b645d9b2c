package tracezip

import (
	"reflect"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Three things marshal but are out of reach of pdata's public methods: KeyValue.key_strindex,
// AnyValue.string_value_strindex (both meant for profiles, yet a sender may set them anywhere) and the deprecated
// ResourceSpans field 1000. The encoder only has to know that one is there; such a frame then carries OTLP protobuf
// instead of columns. Comparing sizes with ProtoMarshaler would tell too but walks everything a second time, so the
// fields are looked at in place. That is safe only while pdata is laid out as described here: layoutKnown proves it
// at start, and if it ever fails every frame carries protobuf, larger but still right.

// keyValueLayout mirrors pdata's internal.KeyValue.
type keyValueLayout struct {
	//lint:ignore U1000 only its place counts
	key string
	//lint:ignore U1000 only its place counts
	value    any
	keyIndex int32
}

var layoutKnown, deprecatedOffset = checkLayout()

func checkLayout() (bool, uintptr) {
	kv, ok := pointee(reflect.TypeFor[pcommon.Map]())
	if !ok || kv.Kind() != reflect.Slice || !sameLayout(kv.Elem(), reflect.TypeFor[keyValueLayout](), "Key", "Value", "KeyStrindex") {
		return false, 0
	}
	av, ok := pointee(reflect.TypeFor[pcommon.Value]())
	if !ok || !isBoxedAny(av) || kv.Elem().Field(1).Type != av {
		return false, 0
	}
	rs, ok := pointee(reflect.TypeFor[ptrace.ResourceSpans]())
	if !ok || rs.Kind() != reflect.Struct {
		return false, 0
	}
	f, ok := rs.FieldByName("DeprecatedScopeSpans")
	return ok && f.Type.Kind() == reflect.Slice, f.Offset
}

// pointee returns what the first field of a pdata wrapper points to.
func pointee(wrapper reflect.Type) (reflect.Type, bool) {
	if wrapper.Kind() != reflect.Struct || wrapper.NumField() == 0 {
		return nil, false
	}
	f := wrapper.Field(0)
	if f.Offset != 0 || f.Type.Kind() != reflect.Pointer {
		return nil, false
	}
	return f.Type.Elem(), true
}

func sameLayout(got, want reflect.Type, names ...string) bool {
	if got.Kind() != reflect.Struct || got.NumField() != want.NumField() || got.Size() != want.Size() {
		return false
	}
	for i, name := range names {
		g, w := got.Field(i), want.Field(i)
		sameKind := g.Type.Kind() == w.Type.Kind() || isBoxedAny(g.Type)
		if g.Name != name || g.Offset != w.Offset || g.Type.Size() != w.Type.Size() || !sameKind {
			return false
		}
	}
	return true
}

func isBoxedAny(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() == 1 && t.Field(0).Type == reflect.TypeFor[any]()
}

// hiddenKeys reports whether an entry of m has a key index. Empty values are left to hiddenValue.
func hiddenKeys(m pcommon.Map) bool {
	for i := range **(**[]keyValueLayout)(unsafe.Pointer(&m)) {
		if (**(**[]keyValueLayout)(unsafe.Pointer(&m)))[i].keyIndex != 0 {
			return true
		}
	}
	return false
}

// hiddenValue reports whether a value that calls itself empty is not.
func hiddenValue(v pcommon.Value) bool { return **(**any)(unsafe.Pointer(&v)) != nil }

// hiddenSpans reports whether rs has spans in the deprecated field.
func hiddenSpans(rs ptrace.ResourceSpans) bool {
	orig := *(*unsafe.Pointer)(unsafe.Pointer(&rs))
	return len(*(*[]unsafe.Pointer)(unsafe.Add(orig, deprecatedOffset))) > 0
}
