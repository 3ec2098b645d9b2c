package semconv

// Decisions that the facts describe in words only. Everything else is compiled from the facts as they are.

// structuralOps are the structural rules that amount to one new key with one converted value, and so are plain renames. The
// others (splitting targets and hosts, joining names, parsing connection strings, moving to fields, templates, derived values)
// leave their attributes as they came.
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
	// Only exact members are renamed: folding the case needs a second attribute for the original.
	"enum_fold": {},
	"by_kind":   {},
	// Joins are renames when the other half is absent; guards below hold them back when it is not.
	"join": {},
}

// notYet are structural rules of a listed op that nevertheless are no plain rename.
var notYet = map[string]bool{
	"db.mssql.instance_name": true, // only ever a prefix of db.namespace
	"rpc.service":            true, // needs both halves
}

// lowered are renames whose value is lower-cased although their op does not say so.
var lowered = map[string]bool{"http.scheme": true}

// serverTarget is the position in `to` of the name that a SERVER span asks for; every other kind takes the other position.
var serverTarget = map[string]int{
	"server.socket.address": 1, "server.socket.port": 1, "client.socket.address": 0, "client.socket.port": 0,
}

// blockedBy holds a rename back while another attribute, which a rule not yet built would combine with it, is there.
var blockedBy = map[string][]string{
	"db.name":                {"db.mssql.instance_name"},
	"code.function":          {"code.namespace"},
	"http.server_name":       {"http.host"},
	"tls.client.server_name": {"http.host", "db.connection_string"},
}

// rank orders the old names that compete for one new name, best source first. Names that are not listed come later, in the
// order of the alphabet.
var rank = []string{
	// client.address on SERVER
	"http.client_ip",
	// server.address: SERVER, then other kinds, then the last resorts
	"net.host.name", "net.peer.name", "http.server_name", "tls.client.server_name",
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
