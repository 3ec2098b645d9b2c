package otlpfile

// Form is how a request lies in a recording, so that what replaces it can be written likewise. Framing and compression of the whole
// are the same for all requests of one.
type Form struct {
	stream   stream
	framing  framing
	json     bool
	packed   bool // compressed with zstd by itself
	indented bool // JSON on several lines
}

// stream is how a recording is compressed as a whole.
type stream byte

const (
	plainStream stream = iota
	gzipStream
	zstdStream
)
