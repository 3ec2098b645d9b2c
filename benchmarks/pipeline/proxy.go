package main

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// proxy passes TCP connections on to target and counts the payload of both directions: what a link would carry, less the
// TCP and IP headers.
type proxy struct {
	listener net.Listener
	target   string
	wg       sync.WaitGroup

	forth, back atomic.Int64
}

func startProxy(target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, target: target}
	p.wg.Go(p.accept)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.wg.Go(func() { relay(server, client, &p.forth) })
		p.wg.Go(func() { relay(client, server, &p.back) })
	}
}

// relay copies until one side ends, then ends both.
func relay(dst, src net.Conn, n *atomic.Int64) {
	defer dst.Close()
	defer src.Close()
	_, _ = io.Copy(counter{dst, n}, src)
}

type counter struct {
	io.Writer
	n *atomic.Int64
}

func (c counter) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// stop ends accepting and waits for the connections, which end with the processes at their ends.
func (p *proxy) stop() {
	p.listener.Close()
	p.wg.Wait()
}
