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

// told is what an authenticator may say of a client in a type of its own.
type told struct {
	Issuer string
	groups []string
	parent *told
	extra  map[string]any
}

// quiet looks the same whatever it is.
type quiet int

func (quiet) String() string { return "quiet" }

// TestTenantsByContent: equal values are one tenant wherever they lie in memory, and different ones are two.
func TestTenantsByContent(t *testing.T) {
	of := func(value any) sender {
		ctx := client.NewContext(context.Background(), client.Info{Auth: attributes{"claims": value}})
		return identifier{true}.of(ctx, nil, nil)
	}
	self := map[string]any{}
	self["self"] = self
	for name, value := range map[string]any{"function": func() {}, "channel": make(chan int), "inside": []any{1, make(chan int)}, "of itself": self,
		"in a map": map[string]any{"f": func() {}}, "address": uintptr(5)} {
		assert.Equal(t, sender{}, of(value), name)
	}
	seen := map[sender]int{}
	for i, value := range []func() any{
		func() any { return nil },
		func() any { return "1" },
		func() any { return 1 },
		func() any { return int64(1) },
		func() any { return 1.5 },
		func() any { return true },
		func() any { return []byte{1, 2} },
		func() any { return []string{"a", "b"} },
		func() any { return []string{"ab"} },
		func() any { return []any{[]string{"a"}, []string{"b"}} },
		func() any { return []any{[]string{"a", "b"}, []string{}} },
		func() any { return map[string]any{"a": 1, "b": []any{"x", nil}} },
		func() any { return map[string]any{"a": 1, "b": []any{"x", "y"}} },
		func() any { return told{Issuer: "i", groups: []string{"g"}} },
		func() any { return told{Issuer: "i", groups: []string{"h"}} },
		func() any { return &told{Issuer: "i", groups: []string{"g"}} },
		func() any { return &told{parent: &told{Issuer: "i"}} },
		func() any { return &told{parent: &told{Issuer: "j"}} },
		func() any { return &told{extra: map[string]any{"k": &told{Issuer: "i"}}} },
		func() any { return (*told)(nil) },
		func() any { return quiet(1) },
		func() any { return quiet(2) },
	} {
		from := of(value())
		assert.True(t, from.known, "value %d", i)
		assert.NotContains(t, seen, from, "value %d", i)
		for range 20 {
			assert.Equal(t, from, of(value()), "value %d", i)
		}
		seen[from] = i
	}
}
