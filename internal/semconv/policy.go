package semconv

import "github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/facts"

// Decisions that the facts describe in words only. Everything else is compiled from the facts as they are.

// structuralOps are the ops of structural rules that amount to one new key with one converted value, and so are plain renames.
// The others have functions (structure.go), rewrite the keys of templates (keys.go) or only add derived values (derive.go).
var structuralOps = map[string]struct{ lower, anySource bool }{
	"rename":           {},
	"rename_redact":    {},
	"rename_if_absent": {},
	"rename_lower":     {lower: true},
	"rename_cast_int":  {},
	"cast_int":         {},
	"cast_string":      {anySource: true},
	"wrap_array":       {anySource: true},
	"map":              {},
	"enum_fold":        {},
	"by_kind":          {},
}

// lowered are renames whose value is lower-cased although their op does not say so.
var lowered = map[string]bool{"http.scheme": true}

// serverTarget is the position in `to` of the name that a SERVER span asks for; every other kind takes the other position.
var serverTarget = map[string]int{
	"server.socket.address": 1, "server.socket.port": 1, "client.socket.address": 0, "client.socket.port": 0,
}

// rank orders the old names that compete for one new name, best source first. Names that are not listed come later, in the
// order of the alphabet.
var rank = []string{
	// client.address on SERVER
	"http.client_ip",
	// server.address: SERVER, then other kinds, then the last resorts
	"net.host.name", "net.peer.name", "net.host.port", "net.peer.port", "http.host", "http.server_name", "db.connection_string",
	tlsServerName,
	// network.peer.*, network.local.*, newest generation first
	"net.sock.peer.addr", "net.sock.peer.port", "net.sock.host.addr", "net.sock.host.port",
	"server.socket.address", "server.socket.port", "client.socket.address", "client.socket.port",
	"net.peer.ip", "net.host.ip",
	// network.transport, network.protocol.*
	"net.transport", "net.sock.family", "net.protocol.name", "net.protocol.version", "net.app.protocol.name", "net.app.protocol.version",
	"messaging.protocol", "messaging.protocol_version", "http.flavor",
	// http.*.body.size means the compressed size
	"http.request_content_length", "http.response_content_length",
	"http.request_content_length_uncompressed", "http.response_content_length_uncompressed",
	// db.namespace, db.collection.name
	"db.name", "db.redis.database_index", "db.sql.table", "db.cassandra.table", "db.mongodb.collection", "db.cosmosdb.container",
	// messaging.*
	"messaging.kafka.destination.partition", "messaging.kafka.partition",
}

// Attributes that the rules look at beside the one they rename.
const (
	rpcSystem      = "rpc.system"
	rpcSystemAWS   = "aws-api"
	rocketmqGroup  = "messaging.rocketmq.client_group"
	protoVersion   = "net.protocol.version"
	messagePrefix  = "message."
	rpcPrefix      = "rpc."
	httpFlavor     = "http.flavor"
	httpFlavorHTTP = "HTTP/"
)

// protocolVersions shortens net.protocol.version where the protocol is HTTP, which writes 2, not 2.0.
var protocolVersions = map[string]string{"2.0": "2", "3.0": "3"}

// metricAlias repairs a slip of the 1.22.0 schema file, which scopes the renames of attribute daemon to a plural that no release had.
var metricAlias = map[string]string{"jvm.threads.count": "jvm.thread.count"}

// alsoTracked are names that rules make or compare beside the targets of renames.
var alsoTracked = []string{
	"http.request.method_original", "http.request.header.host", "url.path", "url.query", "url.fragment", "url.scheme", "server.address",
	"server.port", "client.address", "rpc.method", "db.namespace", "db.system.name", "messaging.operation.name", "error.type",
	"service.name", "code.namespace",
}

// lowerKeys are the templates whose variable part is a header or a metadata key, which are lower case; of k8s labels and the like
// the case means something.
var lowerKeys = map[string]bool{
	"http.request.header": true, "http.response.header": true, "rpc.request.metadata": true, "rpc.response.metadata": true,
}

// mayBeEmpty are texts of which an empty one says something: that there is no path or query, or an exception without a message.
var mayBeEmpty = map[string]bool{
	"url.path": true, "url.query": true, "url.fragment": true, "exception.message": true, "exception.stacktrace": true,
	"messaging.kafka.message.key": true, "process.command_line": true, "process.working_directory": true, "db.query.text": true,
	"log.record.original": true, "user_agent.original": true, "tls.client.subject": true, "tls.client.issuer": true,
}

// messagingGroups are the systems that the ids of span groups spell in another way.
var messagingGroups = map[string]string{"aws_sqs": "aws.sqs", "aws.sns": "aws.sns"}

// besideInProfiles are attributes that keep a rename from happening in profiles, whose rows cannot be joined: each is half of a
// value.
var besideInProfiles = map[string]string{"code.function": "code.namespace", "db.name": mssqlInstance}

// moreSelectors pick groups of spans for which the facts have no selector, where an attribute tells them all the same: S3 calls by
// what only they name, functions by what triggered them, SQL databases without a group of their own by the system that says just that.
var moreSelectors = []facts.Selector{
	{Group: "span.db.sql.client", Kinds: []string{"client", "internal"}, AnyOf: []string{"db.system.name", "db.system"}, Equals: "db.system.name", Value: "other_sql", Priority: 10},
	{Group: "span.aws.s3.client", Kinds: []string{"client"}, AnyOf: []string{"aws.s3.bucket", "aws.s3.copy_source", "aws.s3.key", "aws.s3.upload_id"}, Equals: rpcSystem, Value: rpcSystemAWS, Priority: 35},
	{Group: "span.faas.datasource.server", Kinds: []string{"server"}, AnyOf: []string{"faas.trigger"}, Equals: "faas.trigger", Value: "datasource", Priority: 58},
	{Group: "span.faas.timer.server", Kinds: []string{"server"}, AnyOf: []string{"faas.trigger"}, Equals: "faas.trigger", Value: "timer", Priority: 58},
}
