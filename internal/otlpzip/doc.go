// Package otlpzip is what the otlpzip exporter and the otlpzip receiver agree on: how a tracezip frame travels, how
// the two find out about each other, and what an error means.
//
// # Carriers
//
// Traces travel as one tracezip frame per request, on the ports OTLP uses. Everything else, and traces for a peer
// that does not speak tracezip, is plain OTLP.
//
//	gRPC  unary method /otelcolplus.tracezip.v1.TraceService/Export beside the OTLP services. Request: a
//	      google.protobuf.BytesValue whose value is the frame. Response: opentelemetry's
//	      ExportTraceServiceResponse. As a .proto file:
//
//	        package otelcolplus.tracezip.v1;
//	        service TraceService {
//	          rpc Export(google.protobuf.BytesValue)
//	            returns (opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse);
//	        }
//
//	HTTP  POST to the OTLP traces path (/v1/traces) with Content-Type application/x-tracezip; the body is the
//	      frame. The response is what OTLP/HTTP with protobuf answers.
//
// Frames are entropy coded already: they are sent with grpc-encoding identity, or without Content-Encoding.
//
// # Negotiation
//
// The exporter just tries. A peer that does not know the service answers UNIMPLEMENTED, one that does not know the
// content type 415 (older ones 400, 404, 405 or 501). The same batch is then sent as OTLP at once, outside any retry
// backoff, and the answer is remembered: for as long as every open gRPC connection has given it, or for [NegativeTTL].
//
// A peer that does speak tracezip says so in the headers of every answer on its trace methods, OTLP ones included, in
// the keys [VersionKey] (frame versions it reads) and [MaxFrameKey] (largest frame it takes) and, if it keeps dictionaries,
// [MaxDictionaryKey] and [InstanceKey]. So
//
//   - an exporter that had given up learns of an upgraded peer from the next OTLP answer,
//   - a batch too large for the peer is split before it is sent,
//   - UNIMPLEMENTED or 404 from further down the peer's pipeline is not mistaken for a peer without tracezip,
//   - dictionaries go to peers that keep them and are made to fit the replica that keeps the smallest, and
//   - a web server that answers 200 to anything is not mistaken for a peer: over HTTP a frame counts as delivered only
//     when the answer has [VersionKey].
//
// Behind a load balancer some replicas may speak tracezip and some not. Each refusal falls back for its own batch, so
// nothing is lost; when at least half of the recent frames were refused, the exporter stops trying for [NegativeTTL].
//
// # Dictionaries
//
// A frame may refer to a dictionary, by a name that is a hash of its content. [Epochs] decides which one, and when a frame
// brings it along. The peer keeps it for the sender that sent it, as the authenticator or the TLS certificate tells who that is,
// until it needs the room. A frame with the dictionary in it decodes alone; one that only names it decodes wherever that
// dictionary is known. There is no order to keep and no connection to stay on: frames may be lost, repeated, overtake each
// other, and reach any replica.
//
//	sender                                   peer
//	frame, stateless                     →   ok, I keep dictionaries, I am "a"
//	frame with dictionary X inside       →   ok, I am "a"
//	frame that names X                   →   ok, I am "a"
//	frame that names X                   →   DICTIONARY_MISSING, I am "b"
//	same batch, X inside                 →   ok, I am "b"
//	frame with Y as difference to X      →   ok, I am "b"
//
// The instance names say which replicas have what. As long as one lacks the new dictionary, frames bring it along until one of
// them has reached it, and meanwhile other frames name the dictionary before, which all have. A batch whose frame was refused
// for want of a dictionary is sent again at once, outside any retry backoff: with the dictionary inside, and if even that is
// refused so (it may come as difference to one that is missing too) stateless.
//
// # Errors
//
// What is wrong with a frame is told by an ErrorInfo detail of the domain [ErrorDomain] in the google.rpc.Status (the
// body of an HTTP answer):
//
//	reason             gRPC                HTTP  the exporter
//	FRAME_VERSION      UNIMPLEMENTED       415   sends OTLP, as to a peer without tracezip
//	FRAME_CORRUPT      INVALID_ARGUMENT    400   sends this batch as OTLP: its content is not at fault
//	FRAME_TOO_LARGE    RESOURCE_EXHAUSTED  413   leaves out the dictionary, else halves the batch and sends both halves
//	DICTIONARY_MISSING FAILED_PRECONDITION 412   sends this batch again with the dictionary inside, then without one
//
// Anything else comes from the peer's pipeline and means what it means in OTLP.
package otlpzip
