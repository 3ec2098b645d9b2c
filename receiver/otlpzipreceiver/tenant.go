package otlpzipreceiver

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"hash"
	"net/http"
	"slices"

	"go.opentelemetry.io/collector/client"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// tenantID stands for an authenticated identity. The zero value is everybody where nobody is authenticated.
type tenantID [sha256.Size]byte

// sender is who sent a request, if that can be told. Dictionaries are only for those who are known.
type sender struct {
	tenant tenantID
	known  bool
}

// identifier finds out whose dictionaries a request may use. Two requests get the same tenant only when they have proven the
// same identity; it is no harm when one identity gets several, as with a token that is renewed: each then has to send its
// dictionaries once.
type identifier struct {
	// authenticated is true when the server has an authenticator.
	authenticated bool
}

// credentialHeader is where the usual authenticators find their credentials.
const credentialHeader = "authorization"

// of returns the sender of a request.
// The identity is what the authenticator said of the client; the credentials themselves with an authenticator that says
// nothing; the verified TLS certificate without an authenticator.
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
				h.add(fmt.Sprintf("%#v", auth.GetAttribute(name)))
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

// identity hashes the parts of an identity, each with its length.
type identity struct{ hash.Hash }

func newIdentity(kind string) identity {
	h := identity{sha256.New()}
	h.add(kind)
	return h
}

func (h identity) add(part string) {
	_ = binary.Write(h, binary.LittleEndian, uint64(len(part)))
	_, _ = h.Write([]byte(part)) // a hash never fails
}

func (h identity) sum() (id tenantID) {
	h.Sum(id[:0])
	return id
}
