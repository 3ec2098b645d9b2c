package semconv

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"
)

// attrs builds a map in the order given. A nil value is an empty one.
func attrs(pairs ...any) pcommon.Map {
	m := pcommon.NewMap()
	var b xpdata.MapBuilder
	for i := 0; i < len(pairs); i += 2 {
		if err := b.AppendEmpty(pairs[i].(string)).FromRaw(pairs[i+1]); err != nil {
			panic(err)
		}
	}
	b.UnsafeIntoMap(m)
	return m
}

// text writes a map out in order, duplicates included.
func text(m pcommon.Map) string {
	var b strings.Builder
	for k, v := range m.All() {
		fmt.Fprintf(&b, "%s=%s:%s ", k, v.Type(), v.AsString())
	}
	return strings.TrimSuffix(b.String(), " ")
}

func sorted(m pcommon.Map) string {
	parts := make([]string, 0, m.Len())
	for k, v := range m.All() {
		parts = append(parts, fmt.Sprintf("%s=%s:%s", k, v.Type(), v.AsString()))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// drain gives the findings as "rule signal area" and the changes as "op", each with its number.
func drain(w *Worker) map[string]int {
	all := drainAll(w)
	maps.DeleteFunc(all, func(k string, _ int) bool { return strings.HasPrefix(k, "missing_") }) // have tests of their own
	return all
}

func drainAll(w *Worker) map[string]int {
	out := map[string]int{}
	w.Drain(
		func(i int, n int64) {
			k := w.reg.Key(i)
			out[fmt.Sprintf("%s %s %s", k.Rule, k.Signal, k.Area)] = int(n)
		},
		func(op Op, n int64) { out[op.String()] = int(n) },
	)
	return out
}

func findingsOnly(all map[string]int) map[string]int {
	out := map[string]int{}
	for k, n := range all {
		if strings.Contains(k, " ") {
			out[k] = n
		}
	}
	return out
}

// list reads "a,b 2" as {a:1, b:2}.
func list(s string) map[string]int {
	out := map[string]int{}
	for part := range strings.SplitSeq(s, ", ") {
		if part == "" {
			continue
		}
		n := 1
		if i := strings.LastIndexByte(part, '*'); i > 0 {
			fmt.Sscan(part[i+1:], &n)
			part = part[:i]
		}
		out[part] = n
	}
	return out
}

type span []any

func TestContract(t *testing.T) {
	long := strings.Repeat("9", 19)
	for name, tc := range map[string]struct {
		kind     Kind
		in, want span
		found    string
	}{
		// Point 1
		"rename": {
			in: span{"db.statement", "select 1"}, want: span{"db.query.text", "select 1"},
			found: "deprecated_attribute span db, rename",
		},
		"new name wins, equal values": {
			in: span{"http.status_code", "200", "a", 1, "http.response.status_code", 200}, want: span{"a", 1, "http.response.status_code", 200},
			found: "deprecated_attribute span http, drop_duplicate",
		},
		"new name wins, equal after its own coercion": {
			in: span{"http.response.status_code", "200", "http.status_code", 200}, want: span{"http.response.status_code", 200},
			found: "deprecated_attribute span http, type_mismatch span http, drop_duplicate, coerce",
		},
		"new name wins, different values": {
			in: span{"http.status_code", 200, "http.response.status_code", 404}, want: span{"http.status_code", 200, "http.response.status_code", 404},
			found: "deprecated_attribute span http, conflict span http",
		},
		"equal after value map": {
			in: span{"db.system", "mssql", "db.system.name", "microsoft.sql_server"}, want: span{"db.system.name", "microsoft.sql_server"},
			found: "deprecated_attribute span db, drop_duplicate",
		},
		"equal after wrapping": {
			in: span{"enduser.role", "admin", "user.roles", []any{"admin"}}, want: span{"user.roles", []any{"admin"}},
			found: "deprecated_attribute span enduser, drop_duplicate",
		},
		"two old names, equal": {
			in: span{"messaging.kafka.client_id", "c", "messaging.client_id", "c"}, want: span{"messaging.client.id", "c"},
			found: "deprecated_attribute span messaging*2, drop_duplicate, rename",
		},
		"two old names, different: first by rank, not by place": {
			in: span{"db.redis.database_index", 3, "db.name", "shop"}, want: span{"db.redis.database_index", 3, "db.namespace", "shop"},
			found: "deprecated_attribute span db*2, conflict span db, rename",
		},
		"duplicate old key is left": {
			in: span{"db.statement", "a", "db.statement", "b"}, want: span{"db.statement", "a", "db.statement", "b"},
			found: "deprecated_attribute span db, conflict span db",
		},
		"duplicate new key is left": {
			in: span{"db.query.text", "a", "db.statement", "a", "db.query.text", "b"}, want: span{"db.query.text", "a", "db.statement", "a", "db.query.text", "b"},
			found: "deprecated_attribute span db, conflict span db",
		},
		"duplicates elsewhere survive a rename": {
			in: span{"x", 1, "db.statement", "a", "x", 2}, want: span{"x", 1, "db.query.text", "a", "x", 2},
			found: "deprecated_attribute span db, rename",
		},
		// Point 2
		"obsolete keeps its key":                       {in: span{"db.user", "me"}, want: span{"db.user", "me"}, found: "obsolete_attribute span db"},
		"dead end keeps its key":                       {in: span{"messaging.destination_kind", "queue"}, want: span{"messaging.destination_kind", "queue"}, found: "obsolete_attribute span messaging"},
		"unmapped value, key kept":                     {in: span{"net.transport", "inproc"}, want: span{"net.transport", "inproc"}, found: "deprecated_attribute span net, unmapped_value span net"},
		"unmapped value, open enum":                    {in: span{"db.system", "sybase"}, want: span{"db.system.name", "sybase"}, found: "deprecated_attribute span db, unknown_enum_value span db, rename"},
		"method in lower case":                         {in: span{"http.method", "get"}, want: span{"http.request.method", "GET", "http.request.method_original", "get"}, found: "deprecated_attribute span http, enum_case span http, rename, fold_case*2"},
		"method that is no member":                     {in: span{"http.method", "brew"}, want: span{"http.request.method", "_OTHER", "http.request.method_original", "brew"}, found: "deprecated_attribute span http, unknown_enum_value span http, rename, fold_case*2"},
		"new method in lower case":                     {in: span{"http.request.method", "get", "a", 1}, want: span{"http.request.method", "GET", "a", 1, "http.request.method_original", "get"}, found: "enum_case span http, fold_case*2"},
		"original is there already":                    {in: span{"http.request.method", "get", "http.request.method_original", "gEt"}, want: span{"http.request.method", "GET", "http.request.method_original", "gEt"}, found: "enum_case span http, fold_case"},
		"target with query":                            {in: span{"http.target", "/a?b"}, want: span{"url.path", "/a", "url.query", "b"}, found: "deprecated_attribute span http, rename*2"},
		"join of two halves":                           {in: span{"code.function", "f", "code.namespace", "n"}, want: span{"code.function.name", "n.f"}, found: "deprecated_attribute span code*2, rename*2"},
		"second half alone":                            {in: span{"code.namespace", "n"}, want: span{"code.namespace", "n"}, found: "deprecated_attribute span code"},
		"join without its half":                        {in: span{"code.function", "f"}, want: span{"code.function.name", "f"}, found: "deprecated_attribute span code, rename"},
		"db.name beside an instance of something else": {in: span{"db.name", "n", "db.mssql.instance_name", "i"}, want: span{"db.namespace", "n", "db.mssql.instance_name", "i"}, found: "deprecated_attribute span db*2, rename"},
		"server name behind host":                      {kind: KindServer, in: span{"http.server_name", "s", "http.host", "h"}, want: span{"http.server_name", "s", "server.address", "h"}, found: "deprecated_attribute span http*2, conflict span http, rename"},
		// Point 3
		"digits to int":                     {in: span{"server.port", "8080"}, want: span{"server.port", 8080}, found: "type_mismatch span server, coerce"},
		"minus to int":                      {in: span{"http.request.resend_count", "-1"}, want: span{"http.request.resend_count", -1}, found: "type_mismatch span http, coerce"},
		"largest int":                       {in: span{"http.request.resend_count", "9223372036854775807"}, want: span{"http.request.resend_count", int64(9223372036854775807)}, found: "type_mismatch span http, coerce"},
		"smallest int":                      {in: span{"http.request.resend_count", "-9223372036854775808"}, want: span{"http.request.resend_count", int64(-9223372036854775808)}, found: "type_mismatch span http, coerce"},
		"too large for int":                 {in: span{"server.port", long}, want: span{"server.port", long}, found: "type_mismatch span server"},
		"space":                             {in: span{"server.port", " 80"}, want: span{"server.port", " 80"}, found: "type_mismatch span server"},
		"plus":                              {in: span{"server.port", "+80"}, want: span{"server.port", "+80"}, found: "type_mismatch span server"},
		"underscore":                        {in: span{"server.port", "8_0"}, want: span{"server.port", "8_0"}, found: "type_mismatch span server"},
		"hexadecimal":                       {in: span{"server.port", "0x50"}, want: span{"server.port", "0x50"}, found: "type_mismatch span server"},
		"decimal point":                     {in: span{"server.port", "80.0"}, want: span{"server.port", "80.0"}, found: "type_mismatch span server"},
		"no digits":                         {in: span{"server.port", ""}, want: span{"server.port", ""}, found: "type_mismatch span server"},
		"only a minus":                      {in: span{"server.port", "-"}, want: span{"server.port", "-"}, found: "type_mismatch span server"},
		"integral double":                   {in: span{"server.port", 8080.0}, want: span{"server.port", 8080}, found: "type_mismatch span server, coerce"},
		"fraction":                          {in: span{"server.port", 80.5}, want: span{"server.port", 80.5}, found: "type_mismatch span server"},
		"double past int64":                 {in: span{"server.port", 9223372036854775808.0}, want: span{"server.port", 9223372036854775808.0}, found: "type_mismatch span server"},
		"int to string":                     {in: span{"service.instance.id", 7}, want: span{"service.instance.id", "7"}, found: "type_mismatch span service, coerce"},
		"double to string is lossy":         {in: span{"service.instance.id", 7.0}, want: span{"service.instance.id", 7.0}, found: "type_mismatch span service"},
		"true":                              {in: span{"messaging.destination.temporary", "true"}, want: span{"messaging.destination.temporary", true}, found: "type_mismatch span messaging, coerce"},
		"false":                             {in: span{"messaging.destination.temporary", "false"}, want: span{"messaging.destination.temporary", false}, found: "type_mismatch span messaging, coerce"},
		"True":                              {in: span{"messaging.destination.temporary", "True"}, want: span{"messaging.destination.temporary", "True"}, found: "type_mismatch span messaging"},
		"string to list":                    {in: span{"user.roles", "admin"}, want: span{"user.roles", []any{"admin"}}, found: "type_mismatch span user, coerce"},
		"list of other things":              {in: span{"user.roles", []any{"a", 1}}, want: span{"user.roles", []any{"a", 1}}, found: "type_mismatch span user"},
		"int for double stays":              {in: span{"azure.cosmosdb.operation.request_charge", 1}, want: span{"azure.cosmosdb.operation.request_charge", 1}, found: "type_mismatch span azure"},
		"map for string stays":              {in: span{"db.query.text", map[string]any{"a": 1}}, want: span{"db.query.text", map[string]any{"a": 1}}, found: "type_mismatch span db"},
		"no value is no mismatch but empty": {in: span{"db.query.text", nil}, want: span{"db.query.text", nil}, found: "empty_value span db"},
		"coerced on the way":                {in: span{"http.status_code", "404"}, want: span{"http.response.status_code", 404}, found: "deprecated_attribute span http, type_mismatch span http, rename, coerce"},
		"cannot be coerced, key kept":       {in: span{"http.status_code", "4xx"}, want: span{"http.status_code", "4xx"}, found: "deprecated_attribute span http, type_mismatch span http"},
		"type change that is the rule":      {in: span{"messaging.kafka.destination.partition", 3}, want: span{"messaging.destination.partition.id", "3"}, found: "deprecated_attribute span messaging, rename"},
		"redis index, already a string":     {in: span{"db.redis.database_index", "3"}, want: span{"db.namespace", "3"}, found: "deprecated_attribute span db, rename"},
		"role to roles":                     {in: span{"enduser.role", "a,b"}, want: span{"user.roles", []any{"a,b"}}, found: "deprecated_attribute span enduser, rename"},
		"grpc code":                         {in: span{"rpc.grpc.status_code", 14}, want: span{"rpc.response.status_code", "UNAVAILABLE"}, found: "deprecated_attribute span rpc, rename, value_map"},
		"grpc code in digits":               {in: span{"rpc.grpc.status_code", "14"}, want: span{"rpc.response.status_code", "UNAVAILABLE"}, found: "deprecated_attribute span rpc, rename, value_map"},
		"grpc code by name":                 {in: span{"rpc.grpc.status_code", "NOT_FOUND"}, want: span{"rpc.grpc.status_code", "NOT_FOUND"}, found: "deprecated_attribute span rpc, unmapped_value span rpc"},
		"grpc code of no type":              {in: span{"rpc.grpc.status_code", 5.5}, want: span{"rpc.grpc.status_code", 5.5}, found: "deprecated_attribute span rpc, type_mismatch span rpc"},
		"grpc code past every number":       {in: span{"rpc.grpc.status_code", "99999999999999999999"}, want: span{"rpc.grpc.status_code", "99999999999999999999"}, found: "deprecated_attribute span rpc, unmapped_value span rpc"},
		"secrets of a wrong shape":          {in: span{"http.request.header.authorization", []any{"x", 1}}, want: span{"http.request.header.authorization", []any{"x", 1}}, found: "type_mismatch span http, sensitive_data span http"},
		"grpc code of the future":           {in: span{"rpc.grpc.status_code", 99}, want: span{"rpc.response.status_code", "99"}, found: "deprecated_attribute span rpc, rename, value_map"},
		// Point 4
		"unknown":           {in: span{"acme.thing", 1, "http.method.x", "GET", "http", "x", "", "empty"}, want: span{"acme.thing", 1, "http.method.x", "GET", "http", "x", "", "empty"}},
		"begins like known": {in: span{"http.request.methods", 1, "db.statement.parameters", "x"}, want: span{"http.request.methods", 1, "db.statement.parameters", "x"}},
		// Point 10
		"peer of a server":   {kind: KindServer, in: span{"net.peer.name", "a", "net.peer.port", 1}, want: span{"client.address", "a", "client.port", 1}, found: "deprecated_attribute span net*2, rename*2"},
		"peer of a client":   {kind: KindClient, in: span{"net.peer.name", "a", "net.peer.port", 1}, want: span{"server.address", "a", "server.port", 1}, found: "deprecated_attribute span net*2, rename*2"},
		"peer of a consumer": {kind: KindConsumer, in: span{"net.peer.name", "a"}, want: span{"server.address", "a"}, found: "deprecated_attribute span net, rename"},
		"peer of a producer": {kind: KindProducer, in: span{"net.peer.name", "a"}, want: span{"server.address", "a"}, found: "deprecated_attribute span net, rename"},
		"peer of no kind":    {kind: KindOther, in: span{"net.peer.name", "a"}, want: span{"server.address", "a"}, found: "deprecated_attribute span net, rename"},
		"host of a server":   {kind: KindServer, in: span{"net.host.name", "a", "net.host.port", 1}, want: span{"server.address", "a", "server.port", 1}, found: "deprecated_attribute span net*2, rename*2"},
		"host of a client":   {kind: KindClient, in: span{"net.host.name", "a", "net.host.port", 1}, want: span{"net.host.name", "a", "net.host.port", 1}, found: "deprecated_attribute span net*2"},
		"client ip first": {
			kind: KindServer, in: span{"net.peer.name", "proxy", "http.client_ip", "10.0.0.1"}, want: span{"net.peer.name", "proxy", "client.address", "10.0.0.1"},
			found: "deprecated_attribute span http, deprecated_attribute span net, conflict span net, rename",
		},
		"consumer group":         {kind: KindConsumer, in: span{"messaging.rocketmq.client_group", "g"}, want: span{"messaging.consumer.group.name", "g"}, found: "deprecated_attribute span messaging, rename"},
		"producer group":         {kind: KindProducer, in: span{"messaging.rocketmq.client_group", "g"}, want: span{"messaging.rocketmq.client_group", "g"}, found: "deprecated_attribute span messaging"},
		"group of a fetch":       {kind: KindClient, in: span{"messaging.rocketmq.client_group", "g", "messaging.operation.type", "receive"}, want: span{"messaging.consumer.group.name", "g", "messaging.operation.type", "receive"}, found: "deprecated_attribute span messaging, rename"},
		"socket of a server":     {kind: KindServer, in: span{"server.socket.address", "a", "client.socket.port", 1}, want: span{"network.local.address", "a", "network.peer.port", 1}, found: "deprecated_attribute span server, deprecated_attribute span client, rename*2"},
		"socket of a client":     {kind: KindClient, in: span{"server.socket.address", "a", "client.socket.port", 1}, want: span{"network.peer.address", "a", "network.local.port", 1}, found: "deprecated_attribute span server, deprecated_attribute span client, rename*2"},
		"socket before old peer": {kind: KindServer, in: span{"net.peer.ip", "1", "net.sock.peer.addr", "2"}, want: span{"net.peer.ip", "1", "network.peer.address", "2"}, found: "deprecated_attribute span net*2, conflict span net, rename"},
		// Traps
		"moved names are not ours":         {in: span{"gen_ai.system", "vertex_ai", "gen_ai.usage.prompt_tokens", "12"}, want: span{"gen_ai.system", "vertex_ai", "gen_ai.usage.prompt_tokens", "12"}},
		"generic names":                    {in: span{"state", "idle", "pool.name", "p", "message.id", 1, "message.type", "SENT", "type", "x"}, want: span{"state", "idle", "pool.name", "p", "message.id", 1, "message.type", "SENT", "type", "x"}},
		"both are current":                 {in: span{"enduser.id", "me"}, want: span{"enduser.id", "me"}},
		"aws keeps rpc":                    {in: span{"rpc.service", "S3", "rpc.system", "aws-api", "rpc.grpc.status_code", 1}, want: span{"rpc.service", "S3", "rpc.system", "aws-api", "rpc.grpc.status_code", 1}},
		"others do not":                    {in: span{"rpc.service", "S3", "rpc.system", "apache_dubbo"}, want: span{"rpc.service", "S3", "rpc.system.name", "dubbo"}, found: "deprecated_attribute span rpc*2, rename, value_map"},
		"unlisted members are information": {in: span{"messaging.system", "acme_mq", "deployment.environment.name", "prod"}, want: span{"messaging.system", "acme_mq", "deployment.environment.name", "prod"}, found: "unknown_enum_value span messaging, unknown_enum_value span deployment"},
		"old member of a current enum":     {in: span{"cloud.platform", "azure_vm"}, want: span{"cloud.platform", "azure.vm"}, found: "deprecated_enum_value span cloud, value_map"},
		"old member, no replacement":       {in: span{"browser.web_vital.name", "fid"}, want: span{"browser.web_vital.name", "fid"}, found: "deprecated_enum_value span browser"},
		"two maps in one step":             {in: span{"container.cpu.state", "kernel"}, want: span{"cpu.mode", "system"}, found: "deprecated_attribute span container, rename, value_map"},
		// Values that choose or change
		"http flavor":              {in: span{"http.flavor", "2.0"}, want: span{"network.protocol.version", "2"}, found: "deprecated_attribute span http, rename, value_map"},
		"http flavor with prefix":  {in: span{"http.flavor", "HTTP/1.1"}, want: span{"network.protocol.version", "1.1"}, found: "deprecated_attribute span http, rename, value_map"},
		"http flavor spdy":         {in: span{"http.flavor", "SPDY"}, want: span{"network.protocol.name", "spdy"}, found: "deprecated_attribute span http, rename, value_map"},
		"http flavor unknown":      {in: span{"http.flavor", "9"}, want: span{"http.flavor", "9"}, found: "deprecated_attribute span http, unmapped_value span http"},
		"unix socket":              {in: span{"net.sock.family", "unix"}, want: span{"network.transport", "unix"}, found: "deprecated_attribute span net, rename"},
		"scheme lower":             {in: span{"http.scheme", "HTTPS"}, want: span{"url.scheme", "https"}, found: "deprecated_attribute span http, rename"},
		"version beside method":    {in: span{"net.protocol.version", "2.0", "http.method", "GET"}, want: span{"network.protocol.version", "2", "http.request.method", "GET"}, found: "deprecated_attribute span net, deprecated_attribute span http, rename*2"},
		"version of something":     {in: span{"net.protocol.version", "2.0", "net.protocol.name", "AMQP"}, want: span{"network.protocol.version", "2.0", "network.protocol.name", "amqp"}, found: "deprecated_attribute span net*2, rename*2"},
		"messaging operation":      {in: span{"messaging.operation", "publish"}, want: span{"messaging.operation.type", "send"}, found: "deprecated_attribute span messaging, rename, value_map"},
		"messaging operation free": {in: span{"messaging.operation", "ack"}, want: span{"messaging.operation.type", "ack"}, found: "deprecated_attribute span messaging, unknown_enum_value span messaging, rename"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.kind == KindNone {
				tc.kind = KindOther
			}
			w := Default().NewWorker(Options{})
			m := attrs(tc.in...)
			w.spanMap(m, tc.kind)
			assert.Equal(t, text(attrs(tc.want...)), text(m))
			found := drain(w)
			assert.Equal(t, list(tc.found), found)

			observer := Default().NewWorker(Options{Observe: true})
			same := attrs(tc.in...)
			observer.spanMap(same, tc.kind)
			assert.Equal(t, text(attrs(tc.in...)), text(same), "observing changed something")
			assert.Equal(t, findingsOnly(found), drain(observer), "observing found something else")
		})
	}
}

func TestKeepDeprecated(t *testing.T) {
	w := Default().NewWorker(Options{KeepDeprecated: true})
	m := attrs("http.status_code", "200", "db.statement", "s", "db.system", "mssql", "os.type", "z_os")
	w.spanMap(m, KindClient)
	want := text(attrs("http.status_code", "200", "db.statement", "s", "db.system", "mssql", "os.type", "zos",
		"db.system.name", "microsoft.sql_server", "db.query.text", "s", "http.response.status_code", 200))
	for range 2 {
		assert.ElementsMatch(t, strings.Fields(want), strings.Fields(text(m)))
		w.spanMap(m, KindClient)
	}
}

func TestRenameKeepsOrder(t *testing.T) {
	for _, n := range []int{1, 4, 8} {
		old := []string{"http.scheme", "http.url", "db.statement", "http.user_agent", "code.lineno", "db.operation", "peer.service", "net.sock.peer.addr"}
		m, want := pcommon.NewMap(), ""
		for i, name := range old[:n] {
			m.PutInt(fmt.Sprint("x", i), int64(i))
			m.PutStr(name, "7")
			want += fmt.Sprintf("x%d=Int:%d NAME ", i, i)
		}
		w := Default().NewWorker(Options{})
		w.spanMap(m, KindClient)
		got := ""
		for k, v := range m.All() {
			if strings.HasPrefix(k, "x") {
				got += fmt.Sprintf("%s=Int:%d ", k, v.Int())
			} else {
				got += "NAME "
			}
		}
		assert.Equal(t, want, got)
		assert.Equal(t, n, drain(w)["rename"])
	}
}

func TestMessageEvents(t *testing.T) {
	for name, want := range map[string]map[string]int{
		"message": {"obsolete_attribute span_event message": 2}, "rpc.message": {"obsolete_attribute span_event message": 2}, "exception": {},
	} {
		w := Default().NewWorker(Options{})
		m := attrs("message.id", 1, "message.type", "SENT")
		w.spanEventMap(m, name)
		assert.Equal(t, text(attrs("message.id", 1, "message.type", "SENT")), text(m))
		assert.Equal(t, want, drain(w), name)
	}
}

// Only spans and points of metrics that name a side have a kind; elsewhere the old names that need one stay.
func TestPlacesWithoutKind(t *testing.T) {
	for name, visit := range map[string]func(*Worker, pcommon.Map){
		"resource":   func(w *Worker, m pcommon.Map) { w.mapOf(m, SignalResource) },
		"scope":      func(w *Worker, m pcommon.Map) { w.mapOf(m, SignalScope) },
		"span_link":  func(w *Worker, m pcommon.Map) { w.mapOf(m, SignalSpanLink) },
		"log":        func(w *Worker, m pcommon.Map) { w.mapOf(m, SignalLog) },
		"span_event": func(w *Worker, m pcommon.Map) { w.spanEventMap(m, "e") },
		"metric":     func(w *Worker, m pcommon.Map) { w.point(m, Default().Plan("acme", nil)) },
	} {
		w := Default().NewWorker(Options{})
		m := attrs("net.peer.name", "a", "http.scheme", "http", "deployment.environment", "prod")
		visit(w, m)
		assert.Equal(t, text(attrs("net.peer.name", "a", "url.scheme", "http", "deployment.environment.name", "prod")), text(m), name)
		assert.Equal(t, list(fmt.Sprintf("deprecated_attribute %[1]s net, deprecated_attribute %[1]s http, deprecated_attribute %[1]s deployment, unknown_enum_value %[1]s deployment, rename*2", name)), drain(w))
	}
}

func TestMetricPoints(t *testing.T) {
	for name, tc := range map[string]struct {
		metric   string
		in, want span
	}{
		"server side":              {"http.server.duration", span{"net.host.name", "a", "net.peer.name", "b"}, span{"server.address", "a", "client.address", "b"}},
		"client side":              {"http.client.duration", span{"net.host.name", "a", "net.peer.name", "b"}, span{"net.host.name", "a", "server.address", "b"}},
		"no side":                  {"acme.calls", span{"net.peer.name", "b"}, span{"net.peer.name", "b"}},
		"cpu":                      {"system.cpu.time", span{"cpu", "3", "state", "wait"}, span{"cpu.logical_number", 3, "cpu.mode", "wait"}},
		"process cpu":              {"process.cpu.time", span{"state", "wait"}, span{"cpu.mode", "iowait"}},
		"renamed since":            {"process.runtime.jvm.memory.usage", span{"type", "heap", "pool", "eden"}, span{"jvm.memory.type", "heap", "jvm.memory.pool.name", "eden"}},
		"converted since":          {"process.runtime.jvm.gc.duration", span{"action", "minor", "name", "G1"}, span{"jvm.gc.action", "minor", "jvm.gc.name", "G1"}},
		"two steps":                {"system.network.io", span{"device", "eth0"}, span{"network.interface.name", "eth0"}},
		"second step only":         {"system.network.io", span{"system.device", "eth0"}, span{"network.interface.name", "eth0"}},
		"one step elsewhere":       {"system.disk.io", span{"device", "sda"}, span{"system.device", "sda"}},
		"dead end stays":           {"system.disk.io", span{"direction", "read"}, span{"direction", "read"}},
		"generic on pool metrics":  {"db.client.connections.usage", span{"state", "idle", "pool.name", "p"}, span{"db.client.connection.state", "idle", "db.client.connection.pool.name", "p"}},
		"generic on unknown pools": {"db.client.connections.hits", span{"pool.name", "p"}, span{"db.client.connection.pool.name", "p"}},
		"generic elsewhere":        {"acme.pool", span{"state", "idle", "pool.name", "p"}, span{"state", "idle", "pool.name", "p"}},
		"threads":                  {"process.runtime.jvm.threads.count", span{"daemon", true}, span{"jvm.thread.daemon", true}},
		"status in two steps":      {"system.processes.count", span{"status", "running"}, span{"process.state", "running"}},
	} {
		w := Default().NewWorker(Options{})
		m := attrs(tc.in...)
		w.point(m, Default().Plan(tc.metric, Default().Metric(tc.metric)))
		assert.Equal(t, text(attrs(tc.want...)), text(m), name)
		if to := Default().Metric(tc.metric); to != nil && to.To != "" {
			again := attrs(tc.in...)
			w.point(again, Default().Plan(to.To, Default().Metric(to.To)))
			assert.Equal(t, text(m), text(again), "%s: the new name of the metric reads its points differently", name)
		}
	}
}

func TestSameUnit(t *testing.T) {
	for _, u := range [][2]string{{"By", "By"}, {"", "s"}, {"{threads}", "{thread}"}, {"1", "{connection}"}} {
		assert.True(t, sameUnit(u[0], u[1]), u)
	}
	for _, u := range [][2]string{{"ms", "s"}, {"{thread}", "s"}, {"MiBy", "By"}} {
		assert.False(t, sameUnit(u[0], u[1]), u)
	}
}

// rawFacts is registry.json as the tests read it, apart from the generator.
type rawFacts struct {
	Attributes map[string]struct {
		Type       string         `json:"type"`
		ValueType  string         `json:"value_type"`
		Deprecated map[string]any `json:"deprecated"`
	} `json:"attributes"`
	Renames struct {
		Attributes []struct {
			From, To, Action string
			Flags            []string
		} `json:"attributes"`
		Metrics []struct{ From, To, Action string } `json:"metrics"`
	} `json:"renames"`
	ValueMaps []struct {
		From, To, Source string
		Map              map[string]string
	} `json:"value_maps"`
}

func readFacts(t testing.TB) *rawFacts {
	data, err := os.ReadFile("registry.json")
	require.NoError(t, err)
	var f rawFacts
	require.NoError(t, json.Unmarshal(data, &f))
	return &f
}

// sample is a value of the type that an attribute of the facts has.
func (f *rawFacts) sample(name string) any {
	a, known := f.Attributes[name]
	if !known {
		return "sample"
	}
	typ := a.Type
	if typ == "enum" {
		typ = a.ValueType
	}
	return map[string]any{"string": "sample", "int": 7, "double": 1.5, "boolean": true, "string[]": []any{"sample"}, "int[]": []any{7}}[typ]
}

// Every rename of the facts has a proven output: its target where it is plain, nothing where it is not.
func TestEveryRenameOfTheFacts(t *testing.T) {
	f := readFacts(t)
	special := map[string]string{
		// not one plain key: structure comes later
		"container.labels": "", "k8s.pod.labels": "", "db.elasticsearch.path_parts": "",
		"rpc.connect_rpc.request.metadata": "", "rpc.connect_rpc.response.metadata": "", "rpc.grpc.request.metadata": "", "rpc.grpc.response.metadata": "",
		"otel.library.name": "", "otel.library.version": "",
		// no home
		"messaging.consumer_id": "", "messaging.destination_kind": "", "messaging.message_payload_compressed_size_bytes": "", "net.sock.peer.name": "",
		// only on their metrics and events
		"message.compressed_size": "", "message.id": "", "message.type": "", "message.uncompressed_size": "", "pool.name": "", "state": "",
		// values decide
		"net.transport": "",
	}
	plain := 0
	for _, r := range f.Renames.Attributes {
		want, isSpecial := special[r.From]
		switch {
		case isSpecial:
		case r.Action == "none", slices.Contains(r.Flags, "moved_repository"):
			want = ""
		default:
			want = r.To
		}
		kind := KindServer // the kind for which all of them hold, but one
		if r.From == "messaging.rocketmq.client_group" {
			kind = KindConsumer
		}
		value := f.sample(r.From)
		if _, known := f.Attributes[r.From]; !known {
			value = f.sample(r.To)
		}
		w := Default().NewWorker(Options{})
		m := attrs("before", 1, r.From, value, "after", 2)
		w.spanMap(m, kind)
		if want == "" {
			assert.Equal(t, text(attrs("before", 1, r.From, value, "after", 2)), text(m))
			continue
		}
		plain++
		got, ok := m.Get(want)
		require.True(t, ok, "%s did not become %s: %s", r.From, want, text(m))
		if r.From == "http.method" {
			got, _ = m.Get("http.request.method_original")
			m.Remove("http.request.method_original")
		}
		assert.Equal(t, 3, m.Len())
		assert.Contains(t, got.AsString(), strings.Trim(fmt.Sprint(value), "[]"))
		assert.Equal(t, 1, drain(w)["rename"])
	}
	assert.Equal(t, 129, plain)
	t.Logf("%d of %d attribute renames proven", plain, len(f.Renames.Attributes))
}

func TestEveryMetricRenameOfTheFacts(t *testing.T) {
	f := readFacts(t)
	for _, r := range f.Renames.Metrics {
		m := Default().Metric(r.From)
		require.NotNil(t, m, r.From)
		assert.True(t, m.deprecated, r.From)
		if r.Action == "rename" {
			assert.Equal(t, r.To, m.To)
		}
	}
}

func TestEveryValueMapOfTheFacts(t *testing.T) {
	for _, vm := range readFacts(t).ValueMaps {
		if strings.HasPrefix(vm.From, "gen_ai.") || strings.HasSuffix(vm.Source, "off by default") {
			continue
		}
		for old, replacement := range vm.Map {
			w := Default().NewWorker(Options{})
			m := attrs(vm.From, old)
			w.spanMap(m, KindClient)
			assert.Equal(t, vm.To+"=Str:"+replacement, text(m))
		}
	}
}

// Whatever an operation writes is current, has the type its name wants, and starts no further operation.
func TestTargetsAreCurrent(t *testing.T) {
	f, r := readFacts(t), Default()
	for _, o := range r.ops[1:] {
		if o.structure != nil {
			continue // some lead out of the attributes
		}
		target, known := f.Attributes[r.names[o.to]]
		assert.True(t, known && target.Deprecated == nil, "%s → %s", r.names[o.from], r.names[o.to])
		assert.Zero(t, r.records[o.to].flags&flagOld)
		assert.Less(t, max(o.from, o.to), r.tracked)
	}
}

func TestLookup(t *testing.T) {
	r := Default()
	same := map[uint64]int{}
	for id := 1; id < len(r.names); id++ {
		assert.EqualValues(t, id, r.find(strings.Clone(r.names[id])), r.names[id])
		h := hash(r.names[id])
		same[h]++
		// Names that differ only in their middle share a hash, which costs one more comparison.
		assert.LessOrEqual(t, same[h], 2, r.names[id])
		for _, near := range []string{r.names[id] + "x", r.names[id][1:], "x" + r.names[id], strings.ToUpper(r.names[id])} {
			if got := r.find(near); got != 0 {
				assert.Equal(t, near, r.names[got])
			}
		}
	}
	assert.Zero(t, r.find(""))
}

func pairsOf(v *valueMap) []mapped {
	if v == nil {
		return nil
	}
	return v.pairs
}

// Names from outside must not make anything grow, whatever they are.
func TestHostileNames(t *testing.T) {
	w := Default().NewWorker(Options{})
	many := pcommon.NewMap()
	var b xpdata.MapBuilder
	for i := range 100_000 {
		b.AppendEmpty(fmt.Sprintf("attack.%d", i)).SetStr("x")
	}
	b.AppendEmpty("http.method").SetStr("GET")
	b.AppendEmpty("db.statement").SetStr("x")
	b.UnsafeIntoMap(many)
	w.spanMap(many, KindServer)
	_, ok := many.Get("db.query.text")
	assert.True(t, ok)
	assert.LessOrEqual(t, cap(w.path), maxPath)
	assert.LessOrEqual(t, cap(w.changes), len(w.reg.ops))

	wrong := pcommon.NewMap()
	for i := range 20_000 { // each is one of many that get another key
		b.AppendEmpty(fmt.Sprintf("http.request.header.A%d", i)).SetStr("x")
	}
	b.UnsafeIntoMap(wrong)
	w.spanMap(wrong, KindServer)
	i := 0
	for name := range wrong.All() {
		assert.Equal(t, fmt.Sprintf("http.request.header.a%d", i), name)
		i++
	}
	assert.Nil(t, w.claims.holders, "a large map left its index behind")

	deep := pcommon.NewMap()
	v := deep.PutEmpty("db.statement")
	for range 64 {
		v = v.SetEmptyMap().PutEmpty("http.method")
	}
	v.SetStr("\xff\xfe")
	deep.PutStr("http.scheme", "\xff")
	w.spanMap(deep, KindServer)
	_, ok = deep.Get("db.statement")
	assert.True(t, ok, "a map is no query text")
	scheme, ok := deep.Get("url.scheme")
	assert.True(t, ok)
	assert.Equal(t, "\uFFFD", scheme.Str())
}

func TestCleanSpansAllocateNothing(t *testing.T) {
	w := Default().NewWorker(Options{})
	for name, set := range benchSets {
		if name == "oldhttp12" || name == "dup" {
			continue
		}
		m := attrs(set...)
		assert.Zero(t, testing.AllocsPerRun(100, func() { w.spanMap(m, KindServer) }), name)
	}
}
