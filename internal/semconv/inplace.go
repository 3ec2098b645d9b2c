package semconv

import (
	"fmt"
	"reflect"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// pdata has no way to give an entry of a map another key: its own methods search the map three times for a rename, or write a new
// list. For a worker that renames ten of twelve attributes that is most of the cost, so it writes the key where it stands. Where
// that is, the type of the map itself says; if a release of pdata changes the type to one that this file does not understand, the
// layout is unknown and renames fall back to a new list (TestBothWaysToRename holds the two together).

// layout says where the keys of a map are.
type layout struct {
	known        bool
	orig         uintptr // of the pointer to the list in a Map
	stride       uintptr // of an entry
	key          uintptr // of the key in an entry
	reference    uintptr // of the index that stands for the key in profiles
	hasReference bool
}

var mapLayout = readLayout(reflect.TypeFor[pcommon.Map]())

// readLayout takes a struct whose field orig points to a list of structs with a string called Key.
func readLayout(m reflect.Type) (l layout) {
	if m.Kind() != reflect.Struct {
		return l
	}
	orig, ok := m.FieldByName("orig")
	if !ok || orig.Type.Kind() != reflect.Pointer || orig.Type.Elem().Kind() != reflect.Slice {
		return l
	}
	entry := orig.Type.Elem().Elem()
	if entry.Kind() != reflect.Struct {
		return l
	}
	key, ok := entry.FieldByName("Key")
	if !ok || key.Type.Kind() != reflect.String {
		return l
	}
	l = layout{known: true, orig: orig.Offset, stride: entry.Size(), key: key.Offset}
	if ref, ok := entry.FieldByName("KeyStrindex"); ok && ref.Type.Kind() == reflect.Int32 {
		l.reference, l.hasReference = ref.Offset, true
	}
	return l
}

// sliceHeader is how Go lays a slice out.
type sliceHeader struct {
	data unsafe.Pointer
	len  int
	_    int // capacity
}

// setKey gives the i-th entry another key.
func (l *layout) setKey(m *pcommon.Map, i int, key string) {
	entries := *(**sliceHeader)(unsafe.Add(unsafe.Pointer(m), l.orig))
	if i < 0 || i >= entries.len {
		panic(fmt.Sprintf("semconv: entry %d of a map of %d", i, entries.len))
	}
	entry := unsafe.Add(entries.data, uintptr(i)*l.stride)
	*(*string)(unsafe.Add(entry, l.key)) = key
	if l.hasReference {
		*(*int32)(unsafe.Add(entry, l.reference)) = 0
	}
}
