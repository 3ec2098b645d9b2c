package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/benchmarks/internal/batches"
)

// load is what every contender gets in one round: request bodies and what must arrive.
type load struct {
	bodies [][]byte
	bytes  int
	tally  tally
}

// newLoad takes spans from the recording, over and over with fresh ids. Passes are numbered from *pass on.
func newLoad(recording []ptrace.Traces, spans int, pass *uint64) (load, error) {
	var l load
	var m ptrace.ProtoMarshaler
	for i := 0; l.tally.spans < spans; i++ {
		if i%len(recording) == 0 {
			*pass++
		}
		td := ptrace.NewTraces()
		recording[i%len(recording)].CopyTo(td)
		batches.Renew(td, *pass)
		body, err := m.MarshalTraces(td)
		if err != nil {
			return l, err
		}
		if err := l.tally.add(body); err != nil {
			return l, err
		}
		l.bodies = append(l.bodies, body)
		l.bytes += len(body)
	}
	return l, nil
}

// send posts every body to url with some requests under way at once, and returns when all are answered or one failed.
func (l load) send(ctx context.Context, client *http.Client, url string, senders int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(l.bodies) {
					return
				}
				if err := post(ctx, client, url, l.bodies[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %q", url, resp.Status, answer)
	}
	return err
}
