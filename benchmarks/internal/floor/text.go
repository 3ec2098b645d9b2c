package floor

import "github.com/klauspost/compress/zstd"

// pool gives strings an identity and collects what a string costs the first time.
type pool struct {
	ids    map[string]uint64
	packed map[int]float64 // bytes of UUIDs and hexadecimal, by request
	rest   []byte          // everything else, in order
	length map[int]float64 // bytes of rest, by request
}

func newPool() *pool {
	return &pool{ids: map[string]uint64{}, packed: map[int]float64{}, length: map[int]float64{}}
}

// id returns the string's identity, and whether this was its first time.
func (p *pool) id(request int, s string) (uint64, bool) {
	if id, ok := p.ids[s]; ok {
		return id, false
	}
	id := uint64(len(p.ids))
	p.ids[s] = id
	before := len(p.rest)
	for len(s) > 0 {
		n, bytes := token(s)
		if bytes > 0 {
			p.packed[request] += float64(bytes)
		} else {
			p.rest = append(p.rest, s[:n]...)
		}
		s = s[n:]
	}
	if len(p.rest) > before {
		p.rest = append(p.rest, '\n')
	}
	p.length[request] += float64(len(p.rest) - before)
	return id, true
}

// price spreads what zstd makes of the text over the requests by their share of it.
func (p *pool) price(requests int) bill {
	b := make(bill, requests)
	ratio := 0.0
	if len(p.rest) > 0 {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // the options are constants
		}
		ratio = float64(len(w.EncodeAll(p.rest, nil))) / float64(len(p.rest))
	}
	for r := range b {
		b[r] = 8 * (p.packed[r] + ratio*p.length[r])
	}
	return b
}

// token returns the length of what s begins with and, where that is a UUID or at least 16 hexadecimal digits of one case, how
// many bytes it stands for; otherwise a length of text and 0.
func token(s string) (n, bytes int) {
	if isUUID(s) {
		return 36, 16
	}
	if h := hexRun(s); h >= 16 {
		h &^= 1
		return h, h / 2
	}
	// Text goes on to where a word begins that could be a token.
	for i := 1; i < len(s); i++ {
		if hexDigit(s[i]) && !hexDigit(s[i-1]) {
			return i, 0
		}
	}
	return len(s), 0
}

func isUUID(s string) bool {
	if len(s) < 36 {
		return false
	}
	for i := range 36 {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !hexDigit(s[i]) {
			return false
		}
	}
	return true
}

// hexRun counts the hexadecimal digits that s begins with; a run of decimal digits alone is a number, not an id.
func hexRun(s string) int {
	n, letters := 0, 0
	for n < len(s) && hexDigit(s[n]) {
		if s[n] > '9' {
			letters++
		}
		n++
	}
	if letters == 0 {
		return 0
	}
	return n
}

func hexDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }
