package otlpzipreceiver

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"reflect"
	"slices"
	"strconv"
)

// identity hashes the parts of an identity, each with its length.
type identity struct{ hash.Hash }

func newIdentity(kind string) identity {
	h := identity{sha256.New()}
	h.add(kind)
	return h
}

func (h identity) add(part string) {
	_ = binary.Write(h, binary.LittleEndian, uint64(len(part)))
	_, _ = h.Write([]byte(part)) // a hash never fails
}

func (h identity) sum() (id tenantID) {
	h.Sum(id[:0])
	return id
}

// maxValueDepth ends the walk through a value that contains itself.
const maxValueDepth = 16

// addValue adds a value by its types and contents, and reports whether that was possible. An address stands for nothing: another
// value may lie there later. So pointers are followed, and what is only an address makes the value impossible.
func (h identity) addValue(v reflect.Value, depth int) bool {
	if !v.IsValid() {
		h.add("nil")
		return true
	}
	if depth > maxValueDepth {
		return false
	}
	h.add(v.Type().String())
	switch v.Kind() {
	case reflect.String:
		h.add(v.String())
		return true
	case reflect.Bool:
		h.add(strconv.FormatBool(v.Bool()))
		return true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.add(strconv.FormatInt(v.Int(), 10))
		return true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		h.add(strconv.FormatUint(v.Uint(), 10))
		return true
	case reflect.Float32, reflect.Float64:
		h.add(strconv.FormatFloat(v.Float(), 'g', -1, 64))
		return true
	case reflect.Pointer, reflect.Interface:
		return h.addValue(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		h.add(strconv.Itoa(v.Len()))
		for i := range v.Len() {
			if !h.addValue(v.Index(i), depth+1) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range v.NumField() {
			if !h.addValue(v.Field(i), depth+1) {
				return false
			}
		}
		return true
	case reflect.Map:
		return h.addMap(v, depth+1)
	default:
		return false
	}
}

// addMap adds the entries of a map in the order of their hashes.
func (h identity) addMap(m reflect.Value, depth int) bool {
	var entries []string
	for all := m.MapRange(); all.Next(); {
		entry := newIdentity("entry")
		if !entry.addValue(all.Key(), depth) || !entry.addValue(all.Value(), depth) {
			return false
		}
		sum := entry.sum()
		entries = append(entries, string(sum[:]))
	}
	slices.Sort(entries)
	h.add(strconv.Itoa(len(entries)))
	for _, entry := range entries {
		h.add(entry)
	}
	return true
}
