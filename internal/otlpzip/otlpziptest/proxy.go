package otlpziptest

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Faults is what a Proxy does to requests, each with its probability.
type Faults struct {
	// Drop does not forward a request, and answers that the server is unavailable.
	Drop float64
	// LoseAnswer forwards it, and answers the same.
	LoseAnswer float64
	// Duplicate forwards it twice and answers what the second one was answered.
	Duplicate float64
	// Hold forwards it after one that came later.
	Hold float64
}

// Proxy is a proxy that knows requests, not only connections: each goes to the next server, so that those behind it can change
// while the client keeps its connection, and some meet a fault.
type Proxy struct {
	// Addr is host:port.
	Addr string

	mu      sync.Mutex
	sockets []string
	turn    int
	faults  Faults
	random  *rand.Rand
	passed  chan struct{} // closed when the next request has passed
	conns   map[string]*grpc.ClientConn

	tb     testing.TB
	client *http.Client
}

// NewProxy starts a proxy for protocol ("grpc" or "http") in front of servers on unix sockets.
func NewProxy(tb testing.TB, protocol string, faults Faults, sockets ...string) *Proxy {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &Proxy{
		Addr: ln.Addr().String(), tb: tb, sockets: sockets, faults: faults,
		random: rand.New(rand.NewPCG(1, 2)), passed: make(chan struct{}), conns: map[string]*grpc.ClientConn{},
	}
	served := make(chan struct{})
	var stop func()
	if protocol == "http" {
		stop = p.serveHTTP(ln, served)
	} else {
		stop = p.serveGRPC(ln, served)
	}
	tb.Cleanup(func() {
		stop()
		<-served
	})
	return p
}

// Point makes requests go to other servers.
func (p *Proxy) Point(sockets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sockets = sockets
}

// fate is what is to become of one request.
type fate struct {
	socket                      string
	drop, loseAnswer, duplicate bool
	hold                        <-chan struct{}
}

func (p *Proxy) next() fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := fate{socket: p.sockets[p.turn%len(p.sockets)]}
	p.turn++
	at := p.random.Float64()
	meets := func(probability float64) bool {
		at -= probability
		return at < 0 && at >= -probability
	}
	f.drop, f.loseAnswer, f.duplicate = meets(p.faults.Drop), meets(p.faults.LoseAnswer), meets(p.faults.Duplicate)
	if meets(p.faults.Hold) {
		f.hold = p.passed
	}
	return f
}

// maxHold is for the last request of a test, which none follows.
const maxHold = 50 * time.Millisecond

// through lets one request meet its fate. It reports whether the client is to see the answer.
func (p *Proxy) through(forward func(socket string)) bool {
	f := p.next()
	if f.drop {
		return false
	}
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-time.After(maxHold):
		}
	}
	forward(f.socket)
	if f.duplicate {
		forward(f.socket)
	}
	p.mu.Lock()
	close(p.passed)
	p.passed = make(chan struct{})
	p.mu.Unlock()
	return !f.loseAnswer
}

func (p *Proxy) serveHTTP(ln net.Listener, served chan struct{}) func() {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		var d net.Dialer
		return d.DialContext(ctx, "unix", socketOf(host))
	}}
	p.client = &http.Client{Transport: transport}
	server := &http.Server{Handler: http.HandlerFunc(p.forwardHTTP)}
	go func() {
		defer close(served)
		_ = server.Serve(ln)
	}()
	return func() {
		_ = server.Close()
		transport.CloseIdleConnections()
	}
}

// hostOf and socketOf carry a socket's path in the place of a host name, so that every server has connections of its own.
func hostOf(socket string) string { return hex.EncodeToString([]byte(socket)) }

func socketOf(host string) string {
	socket, _ := hex.DecodeString(host)
	return string(socket)
}

func (p *Proxy) forwardHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var resp *http.Response
	var answer []byte
	answered := p.through(func(socket string) {
		req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+hostOf(socket)+r.URL.Path, bytes.NewReader(body))
		if err != nil {
			return
		}
		req.Header = r.Header.Clone()
		req.Header.Del("Connection")
		if resp, err = p.client.Do(req); err == nil {
			answer, _ = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
	})
	if !answered || resp == nil {
		http.Error(w, "the proxy has lost it", http.StatusServiceUnavailable)
		return
	}
	for key, values := range resp.Header {
		w.Header()[key] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

func (p *Proxy) serveGRPC(ln net.Listener, served chan struct{}) func() {
	server := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}), grpc.UnknownServiceHandler(p.forwardGRPC))
	go func() {
		defer close(served)
		_ = server.Serve(ln)
	}()
	return func() {
		server.Stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, conn := range p.conns {
			_ = conn.Close()
		}
	}
}

func (p *Proxy) conn(socket string) *grpc.ClientConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	conn, ok := p.conns[socket]
	if !ok {
		var err error
		conn, err = grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(p.tb, err)
		p.conns[socket] = conn
	}
	return conn
}

func (p *Proxy) forwardGRPC(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	method, _ := grpc.MethodFromServerStream(stream)
	md, _ := metadata.FromIncomingContext(stream.Context())
	ctx := metadata.NewOutgoingContext(stream.Context(), passedOn(md))
	var answer []byte
	var header metadata.MD
	var err error
	answered := p.through(func(socket string) {
		header = nil
		err = p.conn(socket).Invoke(ctx, method, &request, &answer, grpc.ForceCodecV2(rawCodec{}), grpc.Header(&header))
	})
	if !answered {
		return status.Error(codes.Unavailable, "the proxy has lost it")
	}
	if e := stream.SetHeader(passedOn(header)); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(&answer)
}

// passedOn is metadata without what belongs to one hop.
func passedOn(md metadata.MD) metadata.MD {
	out := metadata.MD{}
	for key, values := range md {
		if !strings.HasPrefix(key, "grpc-") && !strings.HasPrefix(key, ":") && key != "content-type" && key != "user-agent" {
			out[key] = values
		}
	}
	return out
}

// rawCodec passes messages on as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}
