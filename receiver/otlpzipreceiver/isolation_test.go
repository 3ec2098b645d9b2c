package otlpzipreceiver

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip"
	"github.com/otelcol-plus/otelcol-plus/internal/otlpzip/otlpziptest"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

// claims is an authenticator that believes the header x-user, and knows nobody without it.
type claims struct{ component.Component }

func (claims) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	for key, values := range sources {
		if strings.EqualFold(key, "x-user") {
			return client.NewContext(ctx, client.Info{Auth: attributes{"user": values[0]}}), nil
		}
	}
	return ctx, nil
}

// person sends frames with headers or a certificate of its own.
type person func(t *testing.T, frame []byte) (*status.Status, int, otlpzip.Capability)

// newPerson makes the connection of a person; tlsConfig is nil without TLS.
func newPerson(t *testing.T, protocol, addr string, headers map[string]string, tlsConfig *tls.Config) person {
	t.Helper()
	if protocol == "grpc" {
		creds := insecure.NewCredentials()
		if tlsConfig != nil {
			creds = credentials.NewTLS(tlsConfig)
		}
		conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(creds))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		return func(t *testing.T, frame []byte) (*status.Status, int, otlpzip.Capability) {
			ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(context.Background(), metadata.New(headers)), 10*time.Second)
			defer cancel()
			var header metadata.MD
			frame = bytes.Clone(frame)
			_, err := otlpzip.ExportFrame(ctx, conn, &frame, nil, grpc.Header(&header), grpc.WaitForReady(true))
			return status.Convert(err), 0, otlpzip.FromMetadata(header)
		}
	}
	transport := &http.Transport{TLSClientConfig: tlsConfig}
	t.Cleanup(transport.CloseIdleConnections)
	url := "http://" + addr + "/v1/traces"
	if tlsConfig != nil {
		url = "https://" + addr + "/v1/traces"
	}
	return func(t *testing.T, frame []byte) (*status.Status, int, otlpzip.Capability) {
		req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(frame))
		require.NoError(t, err)
		for key, value := range headers {
			req.Header.Set(key, value)
		}
		req.Header.Set("Content-Type", tracezip.ContentType)
		resp, err := (&http.Client{Transport: transport}).Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		var p spb.Status
		if resp.StatusCode != http.StatusOK {
			require.NoError(t, proto.Unmarshal(body, &p))
		}
		return status.FromProto(&p), resp.StatusCode, otlpzip.FromHeader(resp.Header)
	}
}

// two frames with the same content: one brings the dictionary along, one names it.
func twoFrames(t *testing.T) (defining, naming []byte) {
	t.Helper()
	dict := otlpziptest.Dictionaries(t, 1)[0]
	enc := tracezip.NewEncoder()
	var err error
	defining, err = enc.Append(nil, otlpziptest.Traces(20), tracezip.FrameOptions{Dictionary: dict, Define: true})
	require.NoError(t, err)
	naming, err = enc.Append(nil, otlpziptest.Traces(20), tracezip.FrameOptions{Dictionary: dict})
	require.NoError(t, err)
	return defining, naming
}

func requireTaken(t *testing.T, who person, frame []byte) {
	t.Helper()
	st, _, c := who(t, frame)
	require.Equal(t, codes.OK, st.Code(), st.Message())
	require.Positive(t, c.MaxDictionaryBytes)
	require.NotEmpty(t, c.Instance)
}

func requireMissing(t *testing.T, who person, frame []byte) {
	t.Helper()
	st, httpCode, c := who(t, frame)
	require.Equal(t, otlpzip.ReasonDictionary, otlpzip.FrameReason(st), st.Message())
	require.True(t, c.Tracezip)
	if httpCode == 0 {
		require.Equal(t, codes.FailedPrecondition, st.Code())
	} else {
		require.Equal(t, http.StatusPreconditionFailed, httpCode)
	}
}

// checkIsolation lets alice define a dictionary. Nobody else may use it, whatever they try, before they have sent it too.
func checkIsolation(t *testing.T, alice, aliceAgain, bob person) {
	t.Helper()
	defining, naming := twoFrames(t)
	requireMissing(t, alice, naming)
	requireTaken(t, alice, defining)
	requireTaken(t, alice, naming)
	requireTaken(t, aliceAgain, naming)
	requireMissing(t, bob, naming)
	damaged := bytes.Clone(defining)
	damaged[len(damaged)-1] ^= 1
	st, _, _ := bob(t, damaged)
	require.Equal(t, otlpzip.ReasonCorrupt, otlpzip.FrameReason(st))
	requireMissing(t, bob, naming)
	requireTaken(t, alice, naming)
	requireTaken(t, bob, defining)
	requireTaken(t, bob, naming)
}

// serveSecurely starts a receiver with further settings and returns an address for it.
func serveSecurely(t *testing.T, protocol string, settings Map, host component.Host, sink *otlpziptest.Sink) (string, *componenttest.Telemetry) {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	set := receivertest.NewNopSettings(NewFactory().Type())
	set.TelemetrySettings = tel.NewTelemetrySettings()
	block := Map{"endpoint": otlpziptest.SocketPath(t), "transport": "unix"}
	for key, value := range settings {
		block[key] = value
	}
	cfg := otlpziptest.Config(t, NewFactory(), Map{"protocols": Map{protocol: block}})
	c := otlpziptest.Build(t, NewFactory(), set, cfg, sink)[0]
	require.NoError(t, c.Start(context.Background(), host))
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
	return otlpziptest.NewFront(t, block["endpoint"].(string)).Addr, tel
}

// TestTenantsByAuthenticator: what the authenticator says of the client, or the credentials when it says nothing, is the tenant.
func TestTenantsByAuthenticator(t *testing.T) {
	id := component.MustNewID("claims")
	host := authHost{map[component.ID]component.Component{id: claims{}}}
	for protocol := range senders {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			addr, tel := serveSecurely(t, protocol, Map{"auth": Map{"authenticator": "claims"}}, host, &sink)
			as := func(key, value string) person {
				return newPerson(t, protocol, addr, map[string]string{key: value}, nil)
			}
			checkIsolation(t, as("x-user", "alice"), as("x-user", "alice"), as("x-user", "bob"))
			checkIsolation(t, as("authorization", "Bearer 1"), as("authorization", "Bearer 1"), as("authorization", "Bearer 2"))
			refused := attribute.String("reason", string(otlpzip.ReasonDictionary))
			misses := otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_dictionary_misses")
			assert.EqualValues(t, 6, misses)
			assert.Equal(t, misses, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_refused", refused))
			assert.EqualValues(t, 4, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_dictionaries"))
			assert.EqualValues(t, 4, otlpziptest.Sum(t, tel, "otelcol_receiver_otlpzip_dictionaries_defined"))

			defining, naming := twoFrames(t)
			nobody := as("x-other", "header")
			st, _, c := nobody(t, defining)
			require.Equal(t, codes.OK, st.Code(), "a frame that brings its dictionary needs no cache")
			assert.Zero(t, c.MaxDictionaryBytes, "who cannot be told apart is told of none")
			requireMissing(t, nobody, naming)
		})
	}
}

// TestTenantsByCertificate: without an authenticator the verified certificate is the tenant.
func TestTenantsByCertificate(t *testing.T) {
	authority := otlpziptest.NewAuthority(t)
	serverCert, serverKey := authority.Issue("server")
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(authority.File)
	require.NoError(t, err)
	require.True(t, roots.AppendCertsFromPEM(pem))
	holder := func(name string) *tls.Config {
		pair, err := tls.LoadX509KeyPair(authority.Issue(name))
		require.NoError(t, err)
		return &tls.Config{RootCAs: roots, ServerName: "localhost", Certificates: []tls.Certificate{pair}}
	}
	for protocol := range senders {
		t.Run(protocol, func(t *testing.T) {
			var sink otlpziptest.Sink
			settings := Map{"tls": Map{"cert_file": serverCert, "key_file": serverKey, "client_ca_file": authority.File}}
			addr, _ := serveSecurely(t, protocol, settings, componenttest.NewNopHost(), &sink)
			alice, bob := holder("alice"), holder("bob")
			with := func(config *tls.Config) person { return newPerson(t, protocol, addr, nil, config) }
			checkIsolation(t, with(alice), with(alice), with(bob))
		})
	}
}
