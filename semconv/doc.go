// Package semconv builds attributes of the OpenTelemetry semantic conventions: names that cannot be misspelt, values that cannot be
// of the wrong type. It holds everything that is current in one release, [Release], and nothing that is deprecated.
//
// An attribute is built by the function of its name. Attributes go into a pcommon.Map with [Put], or to the OpenTelemetry SDK with
// [KeyValues]:
//
//	semconv.Put(span.Attributes(),
//		semconv.HTTPResponseStatusCode(resp.StatusCode),
//		semconv.HTTPRequestHeader("Content-Type", "application/json"), // http.request.header.content-type
//		semconv.NetworkTransportTCP.Attr(),
//	)
//	span.SetAttributes(semconv.KeyValues(semconv.HTTPRoute("/cart/{id}"))...)
//
// # Names
//
// The Go name is the name of the registry without its dots and underscores, with initialisms in capitals:
//
//	http.response.status_code     HTTPResponseStatusCode(200)        builds the attribute
//	                              HTTPResponseStatusCodeKey          its name, a constant
//	http.request.method           HTTPRequestMethod                  the type of its values
//	                              HTTPRequestMethodGet.Attr()        builds the attribute
//	http.request.header.<key>     HTTPRequestHeader(key, values...)  builds the attribute
//	                              HTTPRequestHeaderPrefix            "http.request.header."
//	http.server.request.duration  MetricHTTPServerRequestDuration    name, unit and instrument
//	a server's HTTP span          HTTPServerSpan(method, path, ...)  what such a span requires
//
// # What does not compile
//
//	semconv.HTTPResponseStatusCode("200") // string is no Int
//	semconv.HTTPResponseStatusCode(1.5)   // neither is 1.5
//	semconv.HTTPStatusCode(200)           // http.status_code is deprecated: there is no such function
//	semconv.Put(m, semconv.URLPathKey)    // a name is not an attribute
//
//	method := "GET" // a variable, and a string
//	semconv.HTTPServerSpan(method, "/", "https") // semconv.HTTPRequestMethod(method) says that this is meant
//
// # Enums
//
// Every enum of the conventions is open, so each is a type with constants, and a value that is not listed is made by conversion:
// MessagingSystem("nats").Attr(). Values that the conventions deprecate have no constant. The methods of HTTP are an exception: one
// that is not listed is HTTPRequestMethodOther, with the original in [HTTPRequestMethodOriginal].
//
// Go itself converts a literal: HTTPServerSpan("GTE", …) compiles, so use the constants. HTTPRequestMethod(65) compiles too, to "A", and
// go vet reports it.
//
// # Spans
//
// The functions that end in Span take what the conventions require of such a span; what they only recommend, or require under a
// condition, is given as further attributes. The name and the kind of the span are for the caller to set. Where a system has a function
// of its own, such as [RPCGRPCCallClientSpan], take that: it may require more than the general one.
//
// # What is not here
//
// Deprecated attributes and metrics ([Successor] names what replaced an attribute), and those of gen_ai, mcp and openai, which have
// moved to a registry of their own. Names of one's own are no concern of this package: set them with pcommon or the SDK.
package semconv

//go:generate go run ../internal/semconv/internal/apigen -in ../internal/semconv/registry.json -out .
