package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"sync"
)

// sink is the backend behind every gateway: an OTLP/HTTP endpoint per contender, /NAME/v1/traces, that tallies spans.
type sink struct {
	server   *http.Server
	listener net.Listener
	buffers  sync.Pool

	mu      sync.Mutex
	arrived map[string]tally
}

func startSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l, arrived: map[string]tally{}, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{contender}/v1/traces", s.receive)
	s.server = &http.Server{Handler: mux}
	go s.server.Serve(l) //nolint:errcheck // ends with Close
	return s, nil
}

func (s *sink) url(contender string) string {
	return "http://" + s.listener.Addr().String() + "/" + contender
}

func (s *sink) receive(w http.ResponseWriter, r *http.Request) {
	buf := s.buffers.Get().(*bytes.Buffer)
	defer s.buffers.Put(buf)
	buf.Reset()
	if _, err := io.Copy(buf, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var t tally
	if err := t.add(buf.Bytes()); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	sum := s.arrived[r.PathValue("contender")]
	sum.merge(t)
	s.arrived[r.PathValue("contender")] = sum
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf") // an empty body is an empty response message
}

// take returns what arrived for a contender since the last call.
func (s *sink) take(contender string) tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.arrived[contender]
	delete(s.arrived, contender)
	return t
}

func (s *sink) stop() { s.server.Close() }
