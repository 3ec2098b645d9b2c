package semconvcheck

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

var addressesOf = regexp.MustCompile(`^taking OTLP/gRPC on (\S+)(?: and HTTP on (\S+))? (.*)\n$`)

// listeningRun is a run with --listen that others send to.
type listeningRun struct {
	grpc, http, until string
	stop              context.CancelFunc
	ended             chan result
}

func startListening(t *testing.T, args ...string) *listeningRun {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	l := &listeningRun{stop: stop, ended: make(chan result, 1)}
	notes, errOut := io.Pipe()
	go func() {
		cmd := New("1.2.3")
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetErr(errOut)
		cmd.SetArgs(append([]string{"--listen", "127.0.0.1:0", "--format", "json"}, args...))
		err := cmd.ExecuteContext(ctx)
		_ = errOut.Close()
		l.ended <- result{code: code(err), err: err, stdout: out.String()}
	}()
	in := bufio.NewReader(notes)
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	match := addressesOf.FindStringSubmatch(line)
	require.NotNil(t, match, line)
	l.grpc, l.http, l.until = match[1], match[2], match[3]
	go func() { _, _ = io.Copy(io.Discard, in) }()
	return l
}

// send pushes the requests of a recording over gRPC.
func (l *listeningRun) send(t *testing.T, path string) {
	t.Helper()
	conn, err := grpc.NewClient(l.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	in, err := otlpfile.Open(path)
	require.NoError(t, err)
	defer in.Close()
	for {
		d, err := in.NextData()
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
		switch d.Signal {
		case otlpfile.Traces:
			_, err = ptraceotlp.NewGRPCClient(conn).Export(t.Context(), ptraceotlp.NewExportRequestFromTraces(d.Traces))
		case otlpfile.Metrics:
			_, err = pmetricotlp.NewGRPCClient(conn).Export(t.Context(), pmetricotlp.NewExportRequestFromMetrics(d.Metrics))
		case otlpfile.Logs:
			_, err = plogotlp.NewGRPCClient(conn).Export(t.Context(), plogotlp.NewExportRequestFromLogs(d.Logs))
		case otlpfile.Profiles:
			_, err = pprofileotlp.NewGRPCClient(conn).Export(t.Context(), pprofileotlp.NewExportRequestFromProfiles(d.Profiles))
		}
		require.NoError(t, err)
	}
}

func (l *listeningRun) post(t *testing.T, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.http+path, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, response.Body)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
	http.DefaultClient.CloseIdleConnections()
}

// What arrives has the findings that the same recording has.
func TestListen(t *testing.T) {
	want := findings(t, check(t, "--format", "json", shop))
	l := startListening(t)
	l.send(t, shop)
	l.stop()
	r := <-l.ended
	assert.Equal(t, exitFindings, r.code)
	got := findings(t, r)
	assert.Equal(t, want.Findings, got.Findings)
	assert.Equal(t, want.Summary.Items, got.Summary.Items)
	assert.Equal(t, []string{"otlp://" + l.grpc}, got.Summary.Files)
	assert.Equal(t, "until Ctrl-C", l.until)
}

func TestListenHTTP(t *testing.T) {
	l := startListening(t)
	l.post(t, "/v1/traces", string(read(t, clean)))
	l.stop()
	r := <-l.ended
	assert.Equal(t, exitClean, r.code)
	assert.EqualValues(t, 1, findings(t, r).Summary.Items[otlpfile.Traces])
}

// Ctrl-C ends it and reports.
func TestListenUntilInterrupted(t *testing.T) {
	l := startListening(t, "--listen-http", "none", "--for", "1h")
	assert.Empty(t, l.http)
	assert.Equal(t, "for 1h0m0s, Ctrl-C ends it early", l.until)
	l.send(t, clean)
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGINT))
	assert.Equal(t, exitClean, (<-l.ended).code)
}

// Nothing arrived is no success: something was meant to.
func TestListenToNothing(t *testing.T) {
	r := check(t, "--listen", "127.0.0.1:0", "--for", "1ms")
	assert.Equal(t, exitUnreadable, r.code)
	assert.Contains(t, r.stderr, "no OTLP request arrived")
	assert.Contains(t, r.stdout, "FAILED, not everything could be read")
}

func TestListenWherePortsAreTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	taken := ln.Addr().String()
	for _, args := range [][]string{{"--listen", taken, "--listen-http", "none"}, {"--listen", "127.0.0.1:0", "--listen-http", taken}} {
		r := check(t, append(args, "--for", "1h")...)
		assert.Equal(t, exitUnreadable, r.code)
		assert.Contains(t, r.stderr, "address already in use")
		assert.Empty(t, r.stdout)
	}
}

func TestAddresses(t *testing.T) {
	f := func(grpc, http, wantGRPC, wantHTTP string) {
		g, h, err := addresses(grpc, http)
		require.NoError(t, err)
		assert.Equal(t, []string{wantGRPC, wantHTTP}, []string{g, h})
	}
	f("127.0.0.1:4317", "", "127.0.0.1:4317", "127.0.0.1:4318")
	f("[::1]:4317", "", "[::1]:4317", "[::1]:4318")
	f(":4317", "none", ":4317", "")
	f("127.0.0.1:0", "", "127.0.0.1:0", "127.0.0.1:0")
	f("127.0.0.1:4317", "127.0.0.1:9", "127.0.0.1:4317", "127.0.0.1:9")
}
