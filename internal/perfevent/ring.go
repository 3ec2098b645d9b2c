package perfevent

// cursor walks the records between tail and head of one ring. It is a pure
// function of the bytes: head and tail only grow, positions are taken modulo
// the ring's size, a power of two.
type cursor struct {
	data       []byte
	tail, head uint64
	wrapped    []byte // a record that runs over the end of the ring, in one piece
	rec        Record // the record that next found
	bad        uint64 // how often the rest of the ring had to be given up
}

// next decodes the next record of interest into c.rec, and advances tail
// behind it. Bytes that cannot be records end the walk: there is no way to
// find the next header behind them.
func (c *cursor) next() bool {
	for c.tail < c.head {
		b := c.bytes()
		if b == nil {
			c.tail = c.head
			c.bad++
			return false
		}
		c.tail += uint64(len(b))
		ok, err := parse(b, &c.rec)
		if err != nil {
			c.bad++
			continue
		}
		if ok {
			return true
		}
	}
	return false
}

// bytes is the record at tail, or nil if there cannot be one.
func (c *cursor) bytes() []byte {
	size, avail := uint64(len(c.data)), c.head-c.tail
	if avail > size || avail < headerSize || c.tail%8 != 0 || size < headerSize || size&(size-1) != 0 {
		return nil
	}
	at := c.tail & (size - 1) // a header never wraps: records are multiples of 8 bytes
	if at+headerSize > size {
		return nil
	}
	n := uint64(ne.Uint16(c.data[at+6:]))
	if n < headerSize || n > avail || n%8 != 0 {
		return nil
	}
	if at+n <= size {
		return c.data[at : at+n]
	}
	c.wrapped = append(append(c.wrapped[:0], c.data[at:]...), c.data[:at+n-size]...)
	return c.wrapped
}

// merge calls f for the records of all cursors in the order of their times.
func merge(cs []*cursor, f func(*Record)) {
	live := make([]*cursor, 0, len(cs))
	for _, c := range cs {
		if c.next() {
			live = append(live, c)
		}
	}
	for i := len(live)/2 - 1; i >= 0; i-- {
		sink(live, i)
	}
	for len(live) > 0 {
		f(&live[0].rec)
		if !live[0].next() {
			live[0] = live[len(live)-1]
			live = live[:len(live)-1]
		}
		sink(live, 0)
	}
}

// sink restores a binary heap ordered by time below i.
func sink(h []*cursor, i int) {
	for {
		least, l := i, 2*i+1
		for _, k := range [...]int{l, l + 1} {
			if k < len(h) && h[k].rec.Time < h[least].rec.Time {
				least = k
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
