package tracezip

const (
	defaultMaxFrameBytes   = 4 << 20
	defaultMaxDecodedBytes = 16 << 20
	defaultMaxDepth        = 64
	// defaultMaxDictionaryBytes is what one dictionary may take.
	defaultMaxDictionaryBytes = 1 << 20

	// maxSectionBytes caps one decompressed section whatever the configured limits are.
	maxSectionBytes = 256 << 20
	// maxZstdWindow caps the window of a section that is not a single segment.
	maxZstdWindow = 8 << 20
	// maxKeptBuffer is what an Encoder or Decoder keeps of a buffer between frames.
	maxKeptBuffer = 4 << 20
	// maxSegments is how many segments a dictionary may be made of.
	maxSegments = 64
)

// What decoding charges against MaxDecodedBytes, close to what pdata really allocates for each thing.
const (
	costSpan     = 352 // with the decoder's own record of it
	costEvent    = 112
	costLink     = 112
	costScope    = 224
	costResource = 192
	costAttr     = 64 // key, interface and the boxed value
	costElement  = 32 // of a slice
	costShape    = 64
	costColumn   = 64
	costKey      = 32
	costList     = 48
	costListKey  = 32
	costHead     = 12
	costString   = 16 // its header
)

// Limits bounds what a Decoder accepts. A zero field means its default.
type Limits struct {
	// MaxFrameBytes bounds the frame as it came over the wire (default 4 MiB).
	MaxFrameBytes int
	// MaxDecodedBytes bounds the memory that decoding may ask for, the traces included (default 16 MiB). It is an
	// estimate made before anything is allocated; every reference to a shared value is charged at its full size.
	MaxDecodedBytes int
	// MaxDepth bounds how deep arrays and maps may nest inside an attribute (default 64).
	MaxDepth int
	// MaxDictionaryBytes bounds the memory of a dictionary that a frame defines (default 1 MiB).
	MaxDictionaryBytes int
}

// DefaultLimits returns the defaults, spelled out.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

func (l Limits) withDefaults() Limits {
	if l.MaxFrameBytes <= 0 {
		l.MaxFrameBytes = defaultMaxFrameBytes
	}
	if l.MaxDecodedBytes <= 0 {
		l.MaxDecodedBytes = defaultMaxDecodedBytes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = defaultMaxDepth
	}
	if l.MaxDictionaryBytes <= 0 {
		l.MaxDictionaryBytes = defaultMaxDictionaryBytes
	}
	return l
}

// budget is what is left of MaxDecodedBytes while a frame is decoded.
type budget struct{ left int }

// charge takes n and reports whether it was there.
func (b *budget) charge(n int) bool {
	if n < 0 || n > b.left {
		b.left = 0
		return false
	}
	b.left -= n
	return true
}

// chargeEach takes n things of the given size.
func (b *budget) chargeEach(n, size int) bool {
	if n < 0 || n > b.left/size {
		b.left = 0
		return false
	}
	b.left -= n * size
	return true
}

func (b *budget) exceeded(section string, offset int) error {
	return &Error{Kind: ErrLimit, Section: section, Offset: offset, Reason: "decodes to more than allowed"}
}
