package semconvcheck

import (
	"fmt"
	"io"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// explain prints what a rule, or each rule that a finding id of weaver stands for, is about.
func explain(out io.Writer, name string) error {
	rules, err := semconv.ParseRules(name)
	if err != nil {
		return usage(fmt.Errorf("--explain: %w", err))
	}
	var b strings.Builder
	if len(rules) == 0 {
		fmt.Fprintf(&b, "%s is a finding id of weaver that no rule stands for: nothing is reported under it.\n", name)
	}
	for i, rule := range rules {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n  %s\n\n  level    %s\n  fix      %s\n", rule, rule.About(), rule.Level(), rule.Fix())
		if ids := rule.Aliases(); len(ids) > 0 {
			fmt.Fprintf(&b, "  weaver   %s\n", strings.Join(ids, ", "))
		}
		fmt.Fprintf(&b, "  example  %s\n", examples[rule])
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// examples are telemetry that has a finding of the rule.
var examples = [semconv.NumRules]string{
	semconv.DeprecatedAttribute:  `http.method = "GET" on a span: http.request.method is its name today`,
	semconv.ObsoleteAttribute:    `net.sock.peer.name = "cache-1" on a span: nothing replaces it`,
	semconv.DeprecatedEnumValue:  `os.type = "z_os" in place of "zos"`,
	semconv.DeprecatedMetric:     `metric http.server.duration in ms: http.server.request.duration in s is what it is today`,
	semconv.TypeMismatch:         `http.response.status_code = "200", a string: it should be the int 200`,
	semconv.MissingRequired:      `a SERVER span with http.request.method = "GET" and url.path = "/" but no url.scheme`,
	semconv.MissingConditional:   `a span of an HTTP request with http.response.status_code = 500 but no error.type`,
	semconv.Conflict:             `http.method = "GET" and http.request.method = "POST" on the same span`,
	semconv.UnmappedValue:        `net.transport = "inproc": network.transport, its successor, has no such value`,
	semconv.UnknownEnumValue:     `telemetry.sdk.language = "zig": not a listed value, and not wrong for that`,
	semconv.EnumCase:             `http.request.method = "get" in place of "GET"`,
	semconv.EmptyValue:           `http.route = ""`,
	semconv.InvalidValue:         `server.port = 70000, or http.response.status_code = 0`,
	semconv.InvalidFormat:        `k8s.pod.uid = "pod-1": neither a UUID nor 32 hexadecimal digits`,
	semconv.InvalidUTF8:          `url.path = "/caf\xe9", Latin-1 in place of UTF-8`,
	semconv.ValueTooLong:         `db.query.text of 9,000 bytes where max_value_bytes is 8192`,
	semconv.SensitiveData:        `url.full = "https://user:password@shop.example/"`,
	semconv.KeyFormat:            `http.request.header.Content-Type in place of http.request.header.content-type`,
	semconv.PlaceholderValue:     `service.name = "unknown_service:java"`,
	semconv.UnitMismatch:         `metric http.server.request.duration in ms in place of s`,
	semconv.UnexpectedInstrument: `metric http.server.request.duration as a gauge in place of a histogram`,
	semconv.UnconvertibleMetric:  `metric http.server.duration in ms as an exponential histogram: its buckets cannot be scaled to s`,
	semconv.UnknownAttribute:     `shop.cart.size = 3: a name of your own, which only this rule asks about`,
	semconv.NotStable:            `messaging.system = "kafka": its namespace is still in development`,
	semconv.MissingRecommended:   `a CLIENT span of an HTTP request without network.protocol.version`,
}
