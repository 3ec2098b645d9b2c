package otlpzipreceiver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/client"
)

// attributes is what an authenticator says of a client.
type attributes map[string]any

func (a attributes) GetAttribute(name string) any { return a[name] }

func (a attributes) GetAttributeNames() (names []string) {
	for name := range a {
		names = append(names, name)
	}
	return names
}

// TestTenants: every row is a tenant of its own, and the same row is the same tenant again.
func TestTenants(t *testing.T) {
	with := func(a client.AuthData) context.Context {
		return client.NewContext(context.Background(), client.Info{Auth: a})
	}
	certificate := func(raw string) *tls.ConnectionState {
		return &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{{Raw: []byte(raw)}}}}
	}
	rows := []struct {
		name          string
		authenticated bool
		ctx           context.Context
		credentials   []string
		state         *tls.ConnectionState
	}{
		{"nobody", false, context.Background(), nil, nil},
		{"certificate a", false, context.Background(), nil, certificate("a")},
		{"certificate b", false, context.Background(), nil, certificate("b")},
		{"alice", true, with(attributes{"username": "alice", "raw": "x"}), []string{"x"}, certificate("a")},
		{"bob", true, with(attributes{"username": "bob", "raw": "x"}), []string{"x"}, certificate("a")},
		{"alice by another name", true, with(attributes{"subject": "alice", "raw": "x"}), nil, nil},
		{"groups", true, with(attributes{"membership": []string{"a", "b"}}), nil, nil},
		{"other groups", true, with(attributes{"membership": []string{"a b"}}), nil, nil},
		{"one name", true, with(attributes{"a": "1b", "c": "2"}), nil, nil},
		{"another name", true, with(attributes{"a": "1", "bc": "2"}), nil, nil},
		{"token 1", true, context.Background(), []string{"Bearer 1"}, nil},
		{"token 2", true, with(attributes{}), []string{"Bearer 2"}, nil},
		{"both tokens", true, context.Background(), []string{"Bearer 1", "Bearer 2"}, nil},
	}
	seen := map[sender]string{}
	for _, row := range rows {
		from := identifier{row.authenticated}.of(row.ctx, row.credentials, row.state)
		assert.True(t, from.known, row.name)
		assert.Empty(t, seen[from], "%s is not %s", row.name, seen[from])
		assert.Equal(t, from, identifier{row.authenticated}.of(row.ctx, row.credentials, row.state), row.name)
		seen[from] = row.name
	}
	assert.Equal(t, sender{known: true}, identifier{}.of(with(attributes{"username": "a"}), []string{"x"}, &tls.ConnectionState{}),
		"what nobody has checked counts for nothing")
	assert.Equal(t, sender{}, identifier{true}.of(context.Background(), nil, certificate("a")), "an identity that nobody tells")
}
