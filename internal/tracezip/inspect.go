package tracezip

// Inspector finds out what frames spend their bytes on. It adds up any number of frames and is not for concurrent use.
//
// Every byte of a frame is attributed. A section that is one Huffman stream is shared by how rare each of its bytes is there; one
// that zstd has made is shared by decoded bytes, so that text that repeats looks dearer than it is and text that does not looks
// cheaper. Whoever needs to know what a key costs encodes the batch again without it. Text that several keys have in common is
// charged to the first of them, and what a dictionary already holds costs nothing.
type Inspector struct {
	d     *Decoder
	meter meter

	frames, otlpFrames, spans int
	bytes                     uint64
	costs                     map[cell]uint64 // in units of 1/costUnit byte

	keys       []inspectedKey
	keyIDs     map[attributeKey]uint32
	services   []inspectedService
	serviceIDs map[string]uint32
}

// costUnit parts a byte, so that many small shares add up to what they are.
const costUnit = 1 << 20

// Names come from outside. What is beyond these goes under otherName.
const (
	maxInspectedKeys     = 4096
	maxInspectedServices = 512
	otherName            = "_other"
)

// cell is what costs are kept by. key is 0 in parts that have no attributes.
type cell struct {
	part         framePart
	key, service uint32
}

type attributeKey struct {
	class byte
	name  string
}

type inspectedKey struct {
	attributeKey
	rows   uint64
	values distinct
}

type inspectedService struct {
	name  string
	spans uint64
}

// NewInspector returns an Inspector for frames within the limits of a Decoder.
func NewInspector(limits Limits) *Inspector {
	return &Inspector{
		d: NewDecoder(limits), costs: make(map[cell]uint64),
		keyIDs: make(map[attributeKey]uint32), serviceIDs: make(map[string]uint32),
	}
}

// Inspect reports on a single frame.
func Inspect(frame []byte, dicts Dictionaries) (*Report, error) {
	i := NewInspector(Limits{})
	if err := i.Add(frame, dicts); err != nil {
		return nil, err
	}
	return i.Report(), nil
}

// Add adds a frame, which may refer to dictionaries as in DecodeWith. A frame that cannot be read gives an *Error and changes
// nothing. Arrays and maps inside attributes are not looked into.
func (i *Inspector) Add(frame []byte, dicts Dictionaries) error {
	d := i.d
	if dicts == nil {
		dicts = noDictionaries{}
	}
	if err := d.begin(frame); err != nil {
		return err
	}
	i.meter.reset()
	d.meter = &i.meter
	defer d.release()
	h, err := d.open(frame, dicts)
	if err != nil {
		return err
	}
	i.meter.unpacked(d, len(frame))
	s := settlement{in: i, d: d, m: &i.meter}
	if h.flags&flagOTLP != 0 {
		err = s.readOTLP(h.spans)
	} else if err = d.decodeColumns(h.spans); err == nil {
		s.readColumns()
	}
	if err != nil {
		return err
	}
	if h.flags&flagDefine != 0 {
		dicts.Define(d.dict)
	}
	s.settle()
	i.frames++
	i.spans += h.spans
	i.bytes += uint64(len(frame))
	return nil
}

// service returns the number of a service.
func (i *Inspector) service(name string) uint32 {
	id, ok := i.serviceIDs[name]
	if ok {
		return id
	}
	if len(i.services) >= maxInspectedServices && name != otherName {
		return i.service(otherName)
	}
	id = uint32(len(i.services))
	i.services = append(i.services, inspectedService{name: name})
	i.serviceIDs[name] = id
	return id
}

// key returns the number of an attribute key.
func (i *Inspector) key(class byte, name string) uint32 {
	k := attributeKey{class, name}
	id, ok := i.keyIDs[k]
	if ok {
		return id
	}
	if len(i.keys) >= maxInspectedKeys && name != otherName {
		return i.key(class, otherName)
	}
	id = uint32(len(i.keys))
	i.keys = append(i.keys, inspectedKey{attributeKey: k})
	i.keyIDs[k] = id
	return id
}
