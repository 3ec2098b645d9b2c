package semconv_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

func utf8Cut(max int) semconv.Options { return semconv.Options{MaxValueBytes: max} }

// TestPoints holds cases for points of the contract that no single rule states. The rest of points 1 to 4, 10 and 12 is in
// TestContract and in the cases of the rules; point 15 is the processor's.
func TestPoints(t *testing.T) {
	uid, hex := "275ECB36-5aa8-4c2a-9c47-d8bb681b9aff", "275ecb365aa84c2a9c47d8bb681b9aff"
	for name, c := range map[string]ruleCase{
		// 6: methods and the case of other enums
		"6 method of no convention":         {at: at(spans, logs, resources), in: kv{"http.request.method", "BREW"}, want: kv{"http.request.method", "_OTHER", "http.request.method_original", "BREW"}, found: "unknown_enum_value http.request.method"},
		"6 method on points":                {at: anyPoints, in: kv{"http.request.method", "get"}, want: kv{"http.request.method", "GET"}, found: "enum_case http.request.method"},
		"6 unknown method on points":        {at: anyPoints, in: kv{"http.request.method", "BREW"}, want: kv{"http.request.method", "_OTHER"}, found: "unknown_enum_value http.request.method"},
		"6 method in profiles":              {at: profiles, in: kv{"http.request.method", "get"}, want: kv{"http.request.method", "GET"}, found: "enum_case http.request.method"},
		"6 the method's original is kept":   {at: spans, in: kv{"http.request.method", "BREW", "http.request.method_original", "x"}, want: kv{"http.request.method", "_OTHER", "http.request.method_original", "x"}, found: "unknown_enum_value http.request.method"},
		"6 enum folds to a member":          {at: at(spans, withoutKind, anyPoints), in: kv{"network.transport", "TCP"}, want: kv{"network.transport", "tcp"}, found: "enum_case network.transport"},
		"6 enum folds on the way":           {at: spans, in: kv{"db.system", "PostgreSQL"}, want: kv{"db.system.name", "postgresql"}, found: both(old("db.system"), "enum_case db.system")},
		"6 enum does not fold to nothing":   {at: at(spans, anyPoints), in: kv{"network.transport", "SCTP"}, found: "unknown_enum_value network.transport"},
		"6 text that is no enum keeps case": {at: spans, in: kv{"db.namespace", "Shop", "http.route", "/Cart"}},
		// 7: redaction
		"7 under the name found":            {at: spans, opts: redact, in: kv{"http.url", "https://a:b@h/"}, want: kv{"url.full", "https://REDACTED:REDACTED@h/"}, found: both(old("http.url"), "sensitive_data http.url")},
		"7 every key of the conventions":    {at: spans, opts: redact, in: kv{"url.query", "X-Amz-Signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3&sig=4&X-Goog-Signature=5&q=6"}, want: kv{"url.query", "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED&sig=REDACTED&X-Goog-Signature=REDACTED&q=6"}, found: "sensitive_data url.query"},
		"7 keys by case":                    {at: spans, opts: redact, in: kv{"url.query", "SIG=a&x-amz-signature=b&Signature=c&AWSAccessKeyId=d"}},
		"7 own keys":                        {at: spans, opts: semconv.Options{Redact: true, RedactQueryKeys: []string{"token"}}, in: kv{"url.full", "https://h/?token=a&sig=b&Token=c"}, want: kv{"url.full", "https://h/?token=REDACTED&sig=REDACTED&Token=c"}, found: "sensitive_data url.full"},
		"7 redacted already":                {at: spans, opts: redact, in: kv{"url.full", "https://REDACTED:REDACTED@h/?sig=REDACTED", "url.query", "sig=REDACTED", "http.request.header.cookie", []any{"REDACTED"}}},
		"7 no URL":                          {at: spans, opts: redact, in: kv{"url.full", "h/?sig=a"}, found: "invalid_format url.full"},
		"7 off":                             {at: spans, in: kv{"url.full", "https://a:b@h/", "http.request.header.cookie", []any{"a"}}, found: "sensitive_data url.full, sensitive_data http.request.header.cookie"},
		"7 headers that authenticate":       {at: at(spans, logs, profiles), opts: redact, in: kv{"http.request.header.authorization", []any{"a", "b"}, "http.request.header.x-api-key", []any{"c"}, "http.request.header.accept", []any{"d"}}, want: kv{"http.request.header.authorization", []any{"REDACTED", "REDACTED"}, "http.request.header.x-api-key", []any{"REDACTED"}, "http.request.header.accept", []any{"d"}}, found: "sensitive_data http.request.header.authorization, sensitive_data http.request.header.x-api-key"},
		"7 all of them":                     {at: spans, opts: redact, in: kv{"http.response.header.set-cookie", []any{"a"}, "http.request.header.proxy-authorization", []any{"b"}, "rpc.request.metadata.cookie", []any{"c"}}, want: kv{"http.response.header.set-cookie", []any{"REDACTED"}, "http.request.header.proxy-authorization", []any{"REDACTED"}, "rpc.request.metadata.cookie", []any{"REDACTED"}}, found: "sensitive_data http.response.header.set-cookie, sensitive_data http.request.header.proxy-authorization, sensitive_data rpc.request.metadata.cookie"},
		"7 an old name that stays":          {at: spans, opts: redact, in: kv{"http.url", "https://a:b@h/", "url.full", "https://other/"}, want: kv{"http.url", "https://REDACTED:REDACTED@h/", "url.full", "https://other/"}, found: both(old("http.url"), "conflict http.url", "sensitive_data http.url")},
		"7 query text stays without asking": {at: spans, in: kv{"db.query.text", "select 'x'"}},
		"7 query text":                      {at: spans, opts: semconv.Options{SanitizeQuery: true}, in: kv{"db.query.text", "SELECT * FROM t WHERE a = 'x' AND b = 7"}, want: kv{"db.query.text", "SELECT * FROM t WHERE a = ? AND b = ?"}},
		"7 query text under its old name":   {at: spans, opts: semconv.Options{SanitizeQuery: true}, in: kv{"db.statement", "SELECT 'x'"}, want: kv{"db.query.text", "SELECT ?"}, found: old("db.statement")},
		// 8: UTF-8 and length
		"8 value":                     {at: at(spans, resources, events, links, logs, onPoints), in: kv{"db.query.text", "a\xffb"}, want: kv{"db.query.text", "a\uFFFDb"}, found: "invalid_utf8 db.query.text"},
		"8 value of an unknown name":  {at: at(spans, resources), in: kv{"acme.x", "\xff\xfe"}, want: kv{"acme.x", "\uFFFD"}, found: "invalid_utf8 acme.x"},
		"8 value on the way":          {at: spans, in: kv{"db.statement", "a\xff"}, want: kv{"db.query.text", "a\uFFFD"}, found: both(old("db.statement"), "invalid_utf8 db.statement")},
		"8 value that stays":          {at: spans, in: kv{"db.user", "a\xff"}, want: kv{"db.user", "a\uFFFD"}, found: both(obsolete("db.user"), "invalid_utf8 db.user")},
		"8 key":                       {at: at(spans, resources, events, links, logs, onPoints), in: kv{"acme.\xff", "b"}, want: kv{"acme.\uFFFD", "b"}, found: "invalid_utf8 acme.\xff"},
		"8 inside of lists and maps":  {at: spans, in: kv{"acme.x", []any{map[string]any{"k\xff": "v\xff"}}}, want: kv{"acme.x", []any{map[string]any{"k\uFFFD": "v\uFFFD"}}}, found: "invalid_utf8 acme.x"},
		"8 list of a known name":      {at: spans, in: kv{"user.roles", []any{"a\xff"}}, want: kv{"user.roles", []any{"a\uFFFD"}}, found: "invalid_utf8 user.roles"},
		"8 valid in other scripts":    {at: spans, in: kv{"db.query.text", "SELECT 'żółć 漢字 🙂'", "acme.\u00e9", "\U0001F642"}},
		"8 cut":                       {at: spans, opts: utf8Cut(5), in: kv{"db.query.text", "abcdefgh"}, want: kv{"db.query.text", "abcde"}, found: "value_too_long db.query.text"},
		"8 cut before a code point":   {at: spans, opts: utf8Cut(5), in: kv{"db.query.text", "abcd\u20ac"}, want: kv{"db.query.text", "abcd"}, found: "value_too_long db.query.text"},
		"8 cut after a code point":    {at: spans, opts: utf8Cut(7), in: kv{"db.query.text", "abcd\u20acx"}, want: kv{"db.query.text", "abcd\u20ac"}, found: "value_too_long db.query.text"},
		"8 just long enough":          {at: spans, opts: utf8Cut(5), in: kv{"db.query.text", "abcde"}},
		"8 members are never cut":     {at: spans, opts: utf8Cut(5), in: kv{"db.system.name", "microsoft.sql_server", "http.request.method", "OPTIONS"}},
		"8 cut on the way":            {at: spans, opts: utf8Cut(5), in: kv{"db.statement", "abcdefgh"}, want: kv{"db.query.text", "abcde"}, found: both(old("db.statement"), "value_too_long db.statement")},
		"8 unknown names are not cut": {at: spans, opts: utf8Cut(5), in: kv{"acme.x", "abcdefgh"}},
		"8 repaired, then cut":        {at: spans, opts: utf8Cut(5), in: kv{"db.query.text", "abcd\xff\xfeef"}, want: kv{"db.query.text", "abcd"}, found: "invalid_utf8 db.query.text, value_too_long db.query.text"},
		// 12: the ranks of server.address
		"12 SERVER":                  {at: server, in: kv{"net.host.name", "a", "http.host", "b", "http.server_name", "c"}, want: kv{"server.address", "a", "http.request.header.host", []any{"b"}, "http.server_name", "c"}, found: both(old("net.host.name", "http.host", "http.server_name"), "conflict http.server_name")},
		"12 SERVER without its name": {at: server, in: kv{"http.host", "b", "http.server_name", "c"}, want: kv{"server.address", "b", "http.server_name", "c"}, found: both(old("http.host", "http.server_name"), "conflict http.server_name")},
		"12 SERVER's last resort":    {at: server, in: kv{"http.server_name", "c"}, want: kv{"server.address", "c"}, found: old("http.server_name")},
		"12 other kinds":             {at: notServer, in: kv{"net.peer.name", "a", "http.host", "b"}, want: kv{"server.address", "a", "http.request.header.host", []any{"b"}}, found: old("net.peer.name", "http.host")},
		"12 new name before all":     {at: server, in: kv{"server.address", "z", "net.host.name", "a", "http.host", "z"}, want: kv{"server.address", "z", "net.host.name", "a"}, found: both(old("net.host.name", "http.host"), "conflict net.host.name")},
		// 13: numbers and forms
		"13 ports":        {at: at(spans, anyPoints, profiles), in: kv{"server.port", 0, "client.port", 65535, "network.peer.port", 65536, "network.local.port", -1}, found: "invalid_value network.peer.port, invalid_value network.local.port"},
		"13 status 100":   {at: at(spans, logs), in: kv{"http.response.status_code", 100}},
		"13 status 599":   {at: spans, in: kv{"http.response.status_code", 599}},
		"13 status 99":    {at: spans, in: kv{"http.response.status_code", 99}, found: "invalid_value http.response.status_code"},
		"13 status 600":   {at: at(spans, anyPoints), in: kv{"http.response.status_code", 600}, found: "invalid_value http.response.status_code"},
		"13 status 0":     {at: spans, in: kv{"http.response.status_code", 0}, found: "invalid_value http.response.status_code"},
		"13 sizes":        {at: spans, in: kv{"http.request.body.size", 0, "http.response.body.size", -1, "http.response.size", 7}, found: "invalid_value http.response.body.size"},
		"13 converted":    {at: spans, in: kv{"server.port", "99999"}, want: kv{"server.port", 99999}, found: "type_mismatch server.port, invalid_value server.port"},
		"13 uids":         {at: at(resources, spans, logs), in: kv{"k8s.pod.uid", uid, "k8s.node.uid", hex}},
		"13 no uids":      {at: resources, in: kv{"k8s.pod.uid", hex[1:], "k8s.node.uid", "x" + hex[1:], "k8s.cluster.uid", strings.Replace(uid, "-", "_", 1)}, found: "invalid_format k8s.pod.uid, invalid_format k8s.node.uid, invalid_format k8s.cluster.uid"},
		"13 static pod":   {at: resources, in: kv{"k8s.pod.uid", "{" + uid + "}"}, found: "invalid_format k8s.pod.uid"},
		"13 other uids":   {at: resources, in: kv{"acme.uid", "x", "host.id", "x"}},
		"13 empty":        {at: at(spans, resources), in: kv{"http.route", "", "db.namespace", nil}, found: "empty_value http.route, empty_value db.namespace"},
		"13 may be empty": {at: spans, in: kv{"url.path", "", "url.query", "", "acme.x", ""}},
		// 14: profiles get the rules that need no kind
		"14 rename":         {at: profiles, in: kv{"http.status_code", "200", "db.system", "mssql", "code.lineno", 7}, want: kv{"http.response.status_code", 200, "db.system.name", "microsoft.sql_server", "code.line.number", 7}, found: both(old("http.status_code", "db.system", "code.lineno"), "type_mismatch http.status_code")},
		"14 what needs one": {at: profiles, in: kv{"net.peer.name", "a", "net.host.name", "b", "http.host", "c", "server.socket.address", "d"}, found: old("net.peer.name", "net.host.name", "http.host", "server.socket.address")},
		"14 values":         {at: profiles, opts: redact, in: kv{"url.full", "https://a:b@h/", "server.port", "80", "network.transport", "TCP"}, want: kv{"url.full", "https://REDACTED:REDACTED@h/", "server.port", 80, "network.transport", "tcp"}, found: "sensitive_data url.full, type_mismatch server.port, enum_case network.transport"},
		"14 conflict":       {at: profiles, in: kv{"http.status_code", 200, "http.response.status_code", 404}, found: both(old("http.status_code"), "conflict http.status_code")},
	} {
		c.clause = name
		for _, place := range c.at {
			if why := c.run(place); why != "" {
				t.Error(why)
				break
			}
		}
	}
}

// TestDerived is point 5: derived values only on request, and what they stand in for is reported all the same.
func TestDerived(t *testing.T) {
	for name, c := range map[string]struct {
		at      scene
		in      kv
		derived kv
		missing string // as "rule name group"
	}{
		"service":                     {resources[0], kv{"a", 1}, kv{"service.name", "unknown_service"}, "missing_required service.name entity service"},
		"service by its executable":   {resources[0], kv{"process.executable.name", "shop"}, kv{"service.name", "unknown_service:shop"}, "missing_required service.name entity service"},
		"service, executable unknown": {resources[0], kv{"process.executable.name", true}, kv{"service.name", "unknown_service"}, "missing_required service.name entity service"},
		"status of a client":          {client[0], kv{"http.request.method", "GET", "http.response.status_code", 404}, kv{"error.type", "404"}, "missing_conditional error.type span.http.client"},
		"status by its old name":      {client[0], kv{"http.method", "GET", "http.status_code", "503"}, kv{"error.type", "503"}, "missing_conditional error.type span.http.client"},
		"status of a server":          {server[0], kv{"http.request.method", "GET", "http.response.status_code", 500}, kv{"error.type", "500"}, "missing_conditional error.type span.http.server"},
		"failed database call":        {failing(client, "")[0], kv{"db.system.name", "mysql", "db.response.status_code", "1062"}, kv{"error.type", "1062"}, "missing_conditional error.type span.db.mysql.client"},
		"failed remote call":          {failing(client, "")[0], kv{"rpc.system.name", "grpc", "rpc.grpc.status_code", 14}, kv{"error.type", "UNAVAILABLE"}, "missing_conditional error.type span.rpc.grpc.call.client"},
		"failed, nobody knows why":    {failing(client, "")[0], kv{"db.system.name", "mysql"}, kv{"error.type", "_OTHER"}, "missing_conditional error.type span.db.mysql.client"},
	} {
		t.Run(name, func(t *testing.T) {
			rules := []semconv.Rule{semconv.UnknownAttribute, semconv.NotStable, semconv.MissingRecommended}
			with, without := newEngine(semconv.Options{Derive: true}, rules...), newEngine(semconv.Options{}, rules...)
			id := c.derived[0].(string)
			r, plain := with.run(c.at, c.in...), without.run(c.at, c.in...)
			v, ok := r.attrs.Get(id)
			require.True(t, ok, state(r.attrs))
			assert.Equal(t, c.derived[1], v.AsRaw())
			_, ok = plain.attrs.Get(id)
			assert.False(t, ok, "derived without asking")
			for _, got := range []struct {
				result
				fixed bool
			}{{r, true}, {plain, false}} {
				found := slices.DeleteFunc(got.about(id), func(f seen) bool { return !isMissing(f.rule) })
				require.Len(t, found, 1)
				assert.Equal(t, c.missing, fmt.Sprintf("%s %s %s", found[0].rule, found[0].name, found[0].detail))
				assert.Equal(t, got.fixed, found[0].fixed)
			}
			before := state(r.attrs)
			with.again(c.at, &r)
			assert.Equal(t, before, state(r.attrs))
			assert.NotContains(t, r.rules(id), "missing")
			if id == "service.name" {
				assert.Equal(t, "placeholder_value", r.rules(id))
			}
			own := with.run(c.at, append(c.in, id, "own")...)
			v, _ = own.attrs.Get(id)
			assert.Equal(t, "own", v.AsRaw(), "a value that was sent wins")
			observed := newEngine(semconv.Options{Derive: true, Observe: true}, rules...).run(c.at, c.in...)
			assert.Equal(t, stateOf(c.in), state(observed.attrs))
		})
	}
	none := newEngine(semconv.Options{Derive: true}, optional...)
	for name, c := range map[string]struct {
		at scene
		in kv
	}{
		"a server does not fail at 404": {server[0], kv{"http.request.method", "GET", "http.response.status_code", 404}},
		"nothing failed":                {client[0], kv{"db.system.name", "mysql"}},
		"of no convention":              {failing(client, "")[0], kv{"a", 1}},
	} {
		r := none.run(c.at, c.in...)
		_, ok := r.attrs.Get("error.type")
		assert.False(t, ok, name)
	}
}

// TestExactNumbers is point 9 by example: the numbers of milliseconds are those of seconds, to the last bit.
func TestExactNumbers(t *testing.T) {
	e := newEngine(semconv.Options{})
	at := scene{signal: semconv.SignalMetric, name: "http.server.duration", unit: "ms", instrument: "histogram"}
	r := at.build(kv{"http.method", "GET"})
	p := r.metric.Histogram().DataPoints().At(0)
	p.SetSum(75)
	p.SetMin(0.1)
	p.SetMax(29)
	p.ExplicitBounds().FromRaw([]float64{5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000})
	e.again(at, &r)
	assert.Equal(t, []any{"http.server.request.duration", "s", 0.075, 0.0001, 0.029}, []any{r.metric.Name(), r.metric.Unit(), p.Sum(), p.Min(), p.Max()})
	assert.Equal(t, []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}, p.ExplicitBounds().AsRaw())
	assert.Equal(t, stateOf(kv{"http.request.method", "GET"}), state(r.attrs))

	at.instrument = "exponential_histogram"
	r = e.run(at, "http.method", "GET")
	assert.Equal(t, []string{"http.server.duration", "ms"}, []string{r.metric.Name(), r.metric.Unit()}, "its buckets would move")
	assert.Equal(t, "deprecated_metric unconvertible_metric", r.rules("http.server.duration"))
	assert.Equal(t, stateOf(kv{"http.request.method", "GET"}), state(r.attrs), "the rules of attributes apply all the same")

	at.unit = "s"
	r = e.run(at)
	assert.Equal(t, []string{"http.server.request.duration", "s"}, []string{r.metric.Name(), r.metric.Unit()}, "nothing has to move")

	at.instrument, at.unit = "summary", "us"
	r = at.build(nil)
	q := r.metric.Summary().DataPoints().At(0)
	q.SetSum(75)
	q.QuantileValues().AppendEmpty().SetValue(3)
	e.again(at, &r)
	assert.Equal(t, []float64{75e-6, 3e-6}, []float64{q.Sum(), q.QuantileValues().At(0).Value()})
}

// TestTwoOldMetrics: of two old names for one new one the same gets it in whatever order they come.
func TestTwoOldMetrics(t *testing.T) {
	e := newEngine(semconv.Options{})
	var outcomes []string
	for _, names := range [][2]string{
		{"process.runtime.jvm.cpu.utilization", "process.runtime.jvm.cpu.recent_utilization"},
		{"process.runtime.jvm.cpu.recent_utilization", "process.runtime.jvm.cpu.utilization"},
	} {
		md := pmetric.NewMetrics()
		metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
		for _, name := range names {
			m := metrics.AppendEmpty()
			m.SetName(name)
			m.SetUnit("1")
			onePoint(m, "gauge")
		}
		e.found = nil
		e.Metrics(md)
		after := map[string]string{names[0]: metrics.At(0).Name(), names[1]: metrics.At(1).Name()}
		conflicts := slices.DeleteFunc(e.found, func(f seen) bool { return f.rule != semconv.Conflict })
		require.Len(t, conflicts, 1)
		outcomes = append(outcomes, fmt.Sprint(after, conflicts[0].name))
	}
	assert.Equal(t, outcomes[0], outcomes[1])
	assert.Contains(t, outcomes[0], "jvm.cpu.recent_utilization")
}

// TestTextsBesideAttributes is point 8 for what is no attribute.
func TestTextsBesideAttributes(t *testing.T) {
	e := newEngine(semconv.Options{})
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	ss.Scope().SetName("s\xff")
	ss.Scope().SetVersion("v\xff")
	span := ss.Spans().AppendEmpty()
	span.SetName("n\xff")
	span.Status().SetMessage("m\xff")
	event := span.Events().AppendEmpty()
	event.SetName("e\xff")
	e.Traces(td)
	assert.Equal(t, []string{"s\uFFFD", "v\uFFFD", "n\uFFFD", "m\uFFFD", "e\uFFFD"},
		[]string{ss.Scope().Name(), ss.Scope().Version(), span.Name(), span.Status().Message(), event.Name()})

	ld := plog.NewLogs()
	record := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName("e\xff")
	record.SetSeverityText("s\xff")
	record.Body().SetEmptyMap().PutStr("k\xff", "v\xff")
	e.Logs(ld)
	want := pcommon.NewMap()
	want.PutStr("k\uFFFD", "v\uFFFD")
	assert.Equal(t, state(want), state(record.Body().Map()))
	assert.Equal(t, []string{"e\uFFFD", "s\uFFFD"}, []string{record.EventName(), record.SeverityText()})

	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("n\xff")
	m.SetDescription("d\xff")
	m.SetUnit("u\xff")
	e.Metrics(md)
	assert.Equal(t, []string{"n\uFFFD", "d\uFFFD", "u\uFFFD"}, []string{m.Name(), m.Description(), m.Unit()})

	pd := oneSample(kv{"acme.\xff", "v\xff"})
	e.Profiles(pd)
	assert.Equal(t, stateOf(kv{"acme.\uFFFD", "v\uFFFD"}), state(ofSample(pd)))
	assert.Equal(t, 11+2, strings.Count(ruleNames(e.found), "invalid_utf8"))
}

// TestCommonMessagingSet is what messaging spans are asked for that belong to no group of an operation.
func TestCommonMessagingSet(t *testing.T) {
	e := newEngine(semconv.Options{}, optional...)
	for _, place := range slices.Concat(client, producer, consumer) {
		r := e.run(place, "messaging.system", "acme")
		assert.Equal(t, []string{"missing_required messaging.operation.name of span.messaging"}, names(r))
		r = e.run(place, "messaging.system", "acme", "messaging.operation.name", "push")
		assert.Empty(t, names(r))
	}
}

// TestObservedNames: what instrumentation is known to write outside of the conventions is nobody's business.
func TestObservedNames(t *testing.T) {
	e := engineFor(semconv.Options{})
	for _, o := range facts().Observed {
		if o.Metric != "" {
			r := e.run(scene{signal: semconv.SignalMetric, name: o.Metric})
			assert.Empty(t, r.found, o.Metric)
			assert.Equal(t, o.Metric, r.metric.Name())
			continue
		}
		for _, place := range everywhere {
			c := ruleCase{clause: "observed", in: kv{o.Attribute, "x"}}
			assert.Empty(t, c.run(place))
		}
	}
}

// TestBoundedMemory: a million names that no two spans share leave a worker no larger than a few.
func TestBoundedMemory(t *testing.T) {
	const bound = 4 << 20 // bytes; the names alone are 14 MB
	e := newEngine(semconv.Options{})
	worker := e.Worker()
	feed := func(from, to int) {
		for i := from; i < to; i += 10 {
			span := ptrace.NewSpan()
			span.SetKind(ptrace.SpanKindServer)
			for j := range 10 {
				span.Attributes().PutStr(fmt.Sprintf("attack.%d", i+j), "x")
			}
			worker.Span(span)
			e.found = nil
		}
		worker.Drain(func(int, int64) {}, func(semconv.Op, int64) {})
	}
	feed(0, 1_000)
	before := heap()
	feed(1_000, 1_001_000)
	after := heap()
	runtime.KeepAlive(e)
	assert.Less(t, after, before+bound)
}

// heap is what is reachable.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
