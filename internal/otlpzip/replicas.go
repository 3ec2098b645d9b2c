package otlpzip

import "github.com/otelcol-plus/otelcol-plus/internal/tracezip"

// replicas remembers which dictionary each replica of a peer has acknowledged last. A replica that has not answered for a while
// is gone, and a new process has a new name.
type replicas struct {
	byName  map[string]*replica
	answers int
}

type replica struct {
	has  tracezip.DictionaryID
	seen int // number of its last answer
}

// maxReplicas bounds the names that are remembered; of more the one seen longest ago is forgotten.
const maxReplicas = 64

func newReplicas() replicas { return replicas{byName: map[string]*replica{}} }

// saw records an answer of the named replica.
func (r *replicas) saw(name string) *replica {
	r.answers++
	rep, ok := r.byName[name]
	if !ok {
		r.forget()
		rep = &replica{}
		r.byName[name] = rep
	}
	rep.seen = r.answers
	return rep
}

// forget drops replicas that are gone and makes room for one more.
func (r *replicas) forget() {
	oldest, seen := "", r.answers+1
	for name, rep := range r.byName {
		if !r.there(rep) {
			delete(r.byName, name)
		} else if rep.seen < seen {
			oldest, seen = name, rep.seen
		}
	}
	if len(r.byName) >= maxReplicas {
		delete(r.byName, oldest)
	}
}

// has records that the named replica has the dictionary.
func (r *replicas) has(name string, id tracezip.DictionaryID) {
	if rep, ok := r.byName[name]; ok {
		rep.has = id
	}
}

// lacks records that the named replica has refused a frame for want of a dictionary: whatever it had may be gone too.
func (r *replicas) lacks(name string) { r.has(name, tracezip.DictionaryID{}) }

// there reports whether a replica is still there: a balancer that picks at random passes one over for so long once in fifty
// times. Taking it for gone costs a refused frame, waiting for one that is gone costs more.
func (r *replicas) there(rep *replica) bool { return r.answers-rep.seen < 4*len(r.byName)+8 }

// recent calls f for every replica that is there.
func (r *replicas) recent(f func(*replica)) {
	for _, rep := range r.byName {
		if r.there(rep) {
			f(rep)
		}
	}
}

// count is the number of replicas that are there, at least one.
func (r *replicas) count() int {
	n := 0
	r.recent(func(*replica) { n++ })
	return max(n, 1)
}

// without is how many replicas are known to lack a dictionary.
func (r *replicas) without(id tracezip.DictionaryID) int {
	n := 0
	r.recent(func(rep *replica) {
		if rep.has != id {
			n++
		}
	})
	return n
}

// upTo reports whether every replica has one of two dictionaries.
func (r *replicas) upTo(id, before tracezip.DictionaryID) bool {
	all := true
	r.recent(func(rep *replica) { all = all && (rep.has == id || rep.has == before) })
	return all
}
