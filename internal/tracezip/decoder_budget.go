package tracezip

// Several frames that arrive together share one allowance: a caller sets what is left of it before each frame and asks
// afterwards what the frame took.

// SetMaxDecodedBytes changes Limits.MaxDecodedBytes for the frames to come; zero means the default.
func (d *Decoder) SetMaxDecodedBytes(n int) {
	d.limits.MaxDecodedBytes = n
	d.limits = d.limits.withDefaults()
}

// DecodedBytes is what the last frame was charged against MaxDecodedBytes, whether it could be decoded or not. A frame that
// was refused with ErrLimit counts as all that was allowed.
func (d *Decoder) DecodedBytes() int { return d.limits.MaxDecodedBytes - d.budget.left }
