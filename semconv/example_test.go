package semconv_test

import (
	"fmt"
	"net/http"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/semconv"
)

// show prints attributes by name.
func show(m pcommon.Map) {
	lines := []string{}
	for name, value := range m.All() {
		lines = append(lines, fmt.Sprintf("%s = %s", name, value.AsString()))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}

// A span of an HTTP server: what the conventions require, and some of what they recommend.
func Example_http() {
	request, _ := http.NewRequest(http.MethodGet, "https://shop.example/cart/7?currency=EUR", nil)
	request.Header.Set("Accept-Language", "de")

	span := ptrace.NewSpan()
	span.SetName("GET /cart/{id}")
	span.SetKind(ptrace.SpanKindServer)
	semconv.Put(span.Attributes(), semconv.HTTPServerSpan(
		semconv.HTTPRequestMethod(request.Method), request.URL.Path, request.URL.Scheme,
		semconv.HTTPRoute("/cart/{id}"),
		semconv.HTTPResponseStatusCode(http.StatusOK),
		semconv.HTTPRequestHeader("Accept-Language", request.Header.Values("Accept-Language")...),
		semconv.ServerAddress(request.URL.Hostname()),
		semconv.URLQuery(request.URL.RawQuery),
	)...)
	show(span.Attributes())
	// Output:
	// http.request.header.accept-language = ["de"]
	// http.request.method = GET
	// http.response.status_code = 200
	// http.route = /cart/{id}
	// server.address = shop.example
	// url.path = /cart/7
	// url.query = currency=EUR
	// url.scheme = https
}

// A query that failed.
func Example_database() {
	span := ptrace.NewSpan()
	span.SetName("SELECT carts")
	span.SetKind(ptrace.SpanKindClient)
	span.Status().SetCode(ptrace.StatusCodeError)
	semconv.Put(span.Attributes(), semconv.DBClientSpan(
		semconv.DBSystemNamePostgreSQL,
		semconv.DBNamespace("shop"),
		semconv.DBCollectionName("carts"),
		semconv.DBOperationName("SELECT"),
		semconv.DBQueryText("SELECT * FROM carts WHERE id = $1"),
		semconv.DBResponseStatusCode("57014"),
		semconv.ErrorType("57014").Attr(), // any value may be an error type, so it is made by conversion
		semconv.ServerAddress("db.shop.example"),
	)...)
	show(span.Attributes())
	// Output:
	// db.collection.name = carts
	// db.namespace = shop
	// db.operation.name = SELECT
	// db.query.text = SELECT * FROM carts WHERE id = $1
	// db.response.status_code = 57014
	// db.system.name = postgresql
	// error.type = 57014
	// server.address = db.shop.example
}

// A message that is sent through Kafka, and one through a system that the conventions do not list.
func Example_messaging() {
	sent := ptrace.NewSpan()
	sent.SetName("send orders")
	sent.SetKind(ptrace.SpanKindProducer)
	semconv.Put(sent.Attributes(), semconv.MessagingKafkaSendProducerSpan("send",
		semconv.MessagingOperationTypeSend.Attr(),
		semconv.MessagingDestinationName("orders"),
		semconv.MessagingDestinationPartitionID("3"),
		semconv.MessagingKafkaMessageKey("cart-7"),
	)...)
	show(sent.Attributes())
	fmt.Println()

	processed := ptrace.NewSpan()
	processed.SetName("process orders")
	processed.SetKind(ptrace.SpanKindConsumer)
	semconv.Put(processed.Attributes(), semconv.MessagingProcessConsumerSpan("process", semconv.MessagingSystem("nats"),
		semconv.MessagingOperationTypeProcess.Attr(),
		semconv.MessagingDestinationName("orders"),
	)...)
	show(processed.Attributes())
	// Output:
	// messaging.destination.name = orders
	// messaging.destination.partition.id = 3
	// messaging.kafka.message.key = cart-7
	// messaging.operation.name = send
	// messaging.operation.type = send
	// messaging.system = kafka
	//
	// messaging.destination.name = orders
	// messaging.operation.name = process
	// messaging.operation.type = process
	// messaging.system = nats
}

// A pod, and the phase it is in as a point of a metric. Keys of labels keep their case.
func Example_kubernetes() {
	metrics := pmetric.NewResourceMetrics()
	metrics.SetSchemaUrl(semconv.SchemaURL)
	pod := metrics.Resource().Attributes()
	semconv.Put(pod,
		semconv.K8SNamespaceName("shop"),
		semconv.K8SPodName("cart-5d9c7"),
		semconv.K8SPodUID("275ecb36-5aa8-4c2a-9c47-d8bb681b9aff"),
		semconv.K8SPodLabel("app.kubernetes.io/partOf", "checkout"),
		semconv.K8SDeploymentName("cart"),
	)
	show(pod)

	phase := metrics.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	semconv.MetricK8SPodStatusPhase.Init(phase, pmetric.AggregationTemporalityCumulative)
	point := phase.Sum().DataPoints().AppendEmpty()
	point.SetIntValue(1)
	semconv.K8SPodStatusPhaseRunning.Attr().Put(point.Attributes())
	fmt.Println()
	fmt.Println(phase.Name(), phase.Type(), phase.Unit())
	show(point.Attributes())
	// Output:
	// k8s.deployment.name = cart
	// k8s.namespace.name = shop
	// k8s.pod.label.app.kubernetes.io/partOf = checkout
	// k8s.pod.name = cart-5d9c7
	// k8s.pod.uid = 275ecb36-5aa8-4c2a-9c47-d8bb681b9aff
	//
	// k8s.pod.status.phase Sum {pod}
	// k8s.pod.status.phase = Running
}

// A service, as a resource of the collector.
func Example_resource() {
	resource := pcommon.NewResource()
	semconv.Put(resource.Attributes(),
		semconv.ServiceName("cart"),
		semconv.ServiceVersion("2.7.1"),
		semconv.DeploymentEnvironmentNameProduction.Attr(),
		semconv.CloudProviderAWS.Attr(),
		semconv.CloudPlatformAWSEKS.Attr(),
		semconv.HostArchARM64.Attr(),
		semconv.ProcessPID(4711),
	)
	show(resource.Attributes())
	// Output:
	// cloud.platform = aws_eks
	// cloud.provider = aws
	// deployment.environment.name = production
	// host.arch = arm64
	// process.pid = 4711
	// service.name = cart
	// service.version = 2.7.1
}

// The same attributes for the OpenTelemetry SDK.
func ExampleKeyValues() {
	for _, kv := range semconv.KeyValues(
		semconv.ServiceName("cart"),
		semconv.HTTPResponseStatusCode(503),
		semconv.ContainerImageTags("2.7.1", "latest"),
	) {
		fmt.Println(kv.Key, kv.Value.Type(), kv.Value.AsInterface())
	}
	// Output:
	// service.name STRING cart
	// http.response.status_code INT64 503
	// container.image.tags STRINGSLICE [2.7.1 latest]
}

// What to write in place of a name that an old program knows.
func ExampleSuccessor() {
	for _, old := range []string{"http.method", "db.system", "net.peer.name"} {
		name, ok := semconv.Successor(old)
		fmt.Println(old, ok, name)
	}
	// Output:
	// http.method true http.request.method
	// db.system true db.system.name
	// net.peer.name false
}
