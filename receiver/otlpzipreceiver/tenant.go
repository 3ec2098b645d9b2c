package otlpzipreceiver

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"net/http"
	"reflect"
	"slices"

	"go.opentelemetry.io/collector/client"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// tenantID stands for a proven identity. The zero value is everybody who proves none where the server asks for none: they share
// what they send.
type tenantID [sha256.Size]byte

// sender is who sent a request, if that can be told. Dictionaries are only for those who are known.
type sender struct {
	tenant tenantID
	known  bool
}

// identifier finds out whose dictionaries a request may use. Two requests get the same tenant only when both have proven the same
// identity, or neither has proven any and none is asked for. It is no harm when one identity gets several tenants, as with a token
// that is renewed: each then has to send its dictionaries once.
type identifier struct {
	// authenticated is true when the server has an authenticator.
	authenticated bool
}

// credentialHeader is where the usual authenticators find their credentials.
const credentialHeader = "authorization"

// of returns the sender of a request. The identity is what the authenticator said of the client; the credentials themselves with an authenticator that says
// nothing; the verified TLS certificate without an authenticator. What an authenticator said and cannot be written down makes the
// sender unknown.
func (i identifier) of(ctx context.Context, credentials []string, state *tls.ConnectionState) sender {
	if !i.authenticated {
		if state == nil || len(state.VerifiedChains) == 0 {
			return sender{known: true}
		}
		h := newIdentity("certificate")
		h.add(string(state.VerifiedChains[0][0].Raw))
		return sender{h.sum(), true}
	}
	if auth := client.FromContext(ctx).Auth; auth != nil {
		if names := auth.GetAttributeNames(); len(names) > 0 {
			h := newIdentity("attributes")
			names = slices.Clone(names)
			slices.Sort(names)
			for _, name := range names {
				h.add(name)
				if !h.addValue(reflect.ValueOf(auth.GetAttribute(name)), 0) {
					return sender{}
				}
			}
			return sender{h.sum(), true}
		}
	}
	if len(credentials) == 0 {
		return sender{}
	}
	h := newIdentity("credentials")
	for _, c := range credentials {
		h.add(c)
	}
	return sender{h.sum(), true}
}

// grpc returns the sender of a gRPC call.
func (i identifier) grpc(ctx context.Context) sender {
	var state *tls.ConnectionState
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			state = &info.State
		}
	}
	return i.of(ctx, metadata.ValueFromIncomingContext(ctx, credentialHeader), state)
}

// http returns the sender of an HTTP request.
func (i identifier) http(r *http.Request) sender {
	return i.of(r.Context(), r.Header.Values(credentialHeader), r.TLS)
}
