package otlpzip

// lowest is the smallest of the last numbers heard: of limitPeriod at least and twice as many at most. A replica that has come
// with a small limit is thereby remembered while a balancer passes it over, and not for ever.
type lowest struct {
	now, before int // of this period and of the last one, 0 for nothing heard
	n           int // heard in this period
}

// limitPeriod is longer than it takes to take a replica for gone.
const limitPeriod = 512

func (l *lowest) heard(number int) {
	if l.n == limitPeriod {
		l.before, l.now, l.n = l.now, 0, 0
	}
	l.n++
	if l.now == 0 || number < l.now {
		l.now = number
	}
}

// value is 0 before anything was heard.
func (l *lowest) value() int {
	if l.before == 0 {
		return l.now
	}
	return min(l.now, l.before)
}
