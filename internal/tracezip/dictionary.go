package tracezip

// DictionaryID names a dictionary by its content. The zero value names none.
type DictionaryID [16]byte

// Dictionary is what frames of one sender have in common, so that a frame can name it instead of repeating it. It is
// immutable and may be used by any number of encoders and decoders at once.
type Dictionary struct {
	id     DictionaryID
	memory int
}

// ID is the name of the dictionary: a hash of its content.
func (d *Dictionary) ID() DictionaryID { return d.id }

// MemoryBytes is about how much memory the dictionary takes.
func (d *Dictionary) MemoryBytes() int { return d.memory }

// Dictionaries is where a Decoder finds the dictionaries of one sender and leaves those that its frames define. It must be
// safe for concurrent use if decoders share it.
type Dictionaries interface {
	// Dictionary returns the dictionary of that name, or nil.
	Dictionary(DictionaryID) *Dictionary
	// Define takes a dictionary that a frame has brought along.
	Define(*Dictionary)
}

// FrameOptions says how a frame is made.
type FrameOptions struct {
	// Dictionary is what the frame refers to; nil for a frame that is decodable alone.
	Dictionary *Dictionary
	// Define puts the dictionary into the frame, for a peer that is not known to have it.
	Define bool
	// Known names a dictionary that the peer has. When Dictionary extends it, Define puts only the difference into the frame.
	Known DictionaryID
	// Sample, when not nil, is overwritten with what a Trainer learns from. It keeps no reference to the traces.
	Sample *Sample
	// Grouped gives up the order of the spans: equal resources and scopes become one block, and the spans of a trace lie side
	// by side in it.
	Grouped bool
}

// Sample is what a Trainer learns from one frame.
type Sample struct{}

// Trainer makes dictionaries from samples of frames. It is not for concurrent use.
type Trainer struct{ maxBytes int }

// NewTrainer returns a Trainer whose dictionaries take up to maxBytes of memory each.
func NewTrainer(maxBytes int) *Trainer { return &Trainer{maxBytes: maxBytes} }

// Observe learns from a frame that its peer has acknowledged.
func (t *Trainer) Observe(*Sample) {}

// Build returns a dictionary made from what was observed: an extension of current if there is one and it has room, else a
// new one. It returns nil when there is nothing to add.
func (t *Trainer) Build(current *Dictionary) *Dictionary { return nil }
