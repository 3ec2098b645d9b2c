package shop

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

type service struct {
	name, language, scope string
	clock                 int64 // unit of its timestamps in nanoseconds
}

var services = []service{
	{"frontend", "nodejs", "@opentelemetry/instrumentation-http", 1000},
	{"catalog", "go", "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc", 1},
	{"cart", "dotnet", "OpenTelemetry.Instrumentation.AspNetCore", 100},
	{"checkout", "go", "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc", 1},
	{"currency", "cpp", "currency", 1},
	{"payment", "nodejs", "@opentelemetry/instrumentation-grpc", 1000},
	{"shipping", "rust", "opentelemetry-otlp", 1},
	{"email", "ruby", "OpenTelemetry::Instrumentation::Rack", 1},
	{"recommendation", "python", "opentelemetry.instrumentation.grpc", 1},
	{"ads", "java", "io.opentelemetry.grpc-1.6", 1},
	{"quote", "php", "io.opentelemetry.contrib.php.slim", 1},
	{"accounting", "java", "io.opentelemetry.kafka-clients-0.11", 1},
}

func find(name string) service {
	return services[slices.IndexFunc(services, func(s service) bool { return s.name == name })]
}

func (s service) describe(rs ptrace.ResourceSpans) {
	a := rs.Resource().Attributes()
	a.PutStr("service.name", s.name)
	a.PutStr("service.namespace", "shop")
	a.PutStr("service.version", "2.4.1")
	a.PutStr("service.instance.id", s.name+"-7d9c5b6f4-x2k8p")
	a.PutStr("deployment.environment.name", "production")
	a.PutStr("telemetry.sdk.name", "opentelemetry")
	a.PutStr("telemetry.sdk.language", s.language)
	a.PutStr("telemetry.sdk.version", "1.30.0")
	a.PutStr("k8s.namespace.name", "shop")
	a.PutStr("k8s.pod.name", s.name+"-7d9c5b6f4-x2k8p")
	a.PutStr("host.name", "node-"+s.language)
	rs.ScopeSpans().AppendEmpty().Scope().SetName(s.scope)
	rs.ScopeSpans().At(0).Scope().SetVersion("0.51.0")
}

// operation is what a service answers, and what it calls meanwhile.
type operation struct {
	service string
	calls   []string
}

var operations = map[string]operation{
	"GET /":                              {"frontend", []string{"catalog.Catalog/List", "currency.Currency/Convert", "ads.Ads/Get"}},
	"GET /product/{id}":                  {"frontend", []string{"catalog.Catalog/Get", "recommendation.Recommendation/List", "currency.Currency/Convert"}},
	"GET /cart":                          {"frontend", []string{"cart.Cart/Get", "catalog.Catalog/Get", "currency.Currency/Convert", "quote.Quote/Get"}},
	"POST /cart":                         {"frontend", []string{"catalog.Catalog/Get", "cart.Cart/Add"}},
	"POST /checkout":                     {"frontend", []string{"checkout.Checkout/Place"}},
	"catalog.Catalog/List":               {"catalog", []string{"SELECT catalog.products"}},
	"catalog.Catalog/Get":                {"catalog", []string{"SELECT catalog.product"}},
	"cart.Cart/Get":                      {"cart", []string{"HGET"}},
	"cart.Cart/Add":                      {"cart", []string{"HGET", "HMSET", "EXPIRE"}},
	"cart.Cart/Empty":                    {"cart", []string{"HMSET"}},
	"checkout.Checkout/Place":            {"checkout", []string{"cart.Cart/Get", "catalog.Catalog/Get", "quote.Quote/Get", "payment.Payment/Charge", "shipping.Shipping/Ship", "cart.Cart/Empty", "email.Email/Confirm", "accounting.Accounting/Book"}},
	"currency.Currency/Convert":          {"currency", nil},
	"payment.Payment/Charge":             {"payment", []string{"INSERT payment.charges"}},
	"shipping.Shipping/Ship":             {"shipping", []string{"quote.Quote/Get"}},
	"email.Email/Confirm":                {"email", nil},
	"recommendation.Recommendation/List": {"recommendation", []string{"catalog.Catalog/List"}},
	"ads.Ads/Get":                        {"ads", nil},
	"quote.Quote/Get":                    {"quote", nil},
	"accounting.Accounting/Book":         {"accounting", []string{"INSERT accounting.orders"}},
}

// entries are the operations that customers ask for, the frequent ones first.
var entries = []string{"GET /product/{id}", "GET /", "GET /cart", "POST /cart", "POST /checkout"}

// query is a call of a database. The text takes a literal where redundancy is low.
type query struct{ system, namespace, text, literal string }

var queries = map[string]query{
	"SELECT catalog.products":  {"postgresql", "catalog", "SELECT id, name, description, price FROM products ORDER BY name LIMIT $1", "10"},
	"SELECT catalog.product":   {"postgresql", "catalog", "SELECT id, name, description, price, stock FROM products WHERE id = $1", ""},
	"INSERT payment.charges":   {"postgresql", "payment", "INSERT INTO charges (id, amount, card) VALUES ($1, $2, $3)", ""},
	"INSERT accounting.orders": {"postgresql", "accounting", "INSERT INTO orders (id, items, total) VALUES ($1, $2, $3)", ""},
	"HGET":                     {"redis", "0", "HGET ? cart", ""},
	"HMSET":                    {"redis", "0", "HMSET ? cart ?", ""},
	"EXPIRE":                   {"redis", "0", "EXPIRE ? 3600", ""},
}
