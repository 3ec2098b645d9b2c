package main

import (
	"go/token"
	"strings"
	"unicode"
)

// words spells the words of names and members that Go does not write with a capital and small letters. It is the only place
// where spelling is decided; every other word gets a capital.
var words = map[string]string{
	// Initialisms.
	"aix": "AIX", "aks": "AKS", "amd64": "AMD64", "api": "API", "arm32": "ARM32", "arm64": "ARM64", "arn": "ARN", "arns": "ARNs",
	"aws": "AWS", "beam": "BEAM", "bios": "BIOS", "cicd": "CICD", "cli": "CLI", "cls": "CLS", "cpp": "CPP", "cpu": "CPU", "csi": "CSI",
	"cvm": "CVM", "db": "DB", "db2": "DB2", "dc": "DC", "dns": "DNS", "ec2": "EC2", "ecs": "ECS", "eks": "EKS", "fc": "FC",
	"fcp": "FCP", "fh": "FH", "fifo": "FIFO", "fqdn": "FQDN", "fs": "FS", "gc": "GC", "gce": "GCE", "gcp": "GCP", "gnu": "GNU",
	"gogc": "GOGC", "gpu": "GPU", "grpc": "GRPC", "hana": "HANA", "hpa": "HPA", "hpux": "HPUX", "hsqldb": "HSQLDB", "http": "HTTP",
	"hw": "HW", "ia64": "IA64", "ibm": "IBM", "icc": "ICC", "id": "ID", "il": "IL", "inp": "INP", "io": "IO", "ios": "IOS", "ip": "IP",
	"iso": "ISO", "ja3": "JA3", "ja3s": "JA3S", "jit": "JIT", "jms": "JMS", "json": "JSON", "jsonrpc": "JSONRPC", "jvm": "JVM",
	"k8s": "K8S", "l2": "L2", "lcp": "LCP", "loh": "LOH", "lpar": "LPAR", "mac": "MAC", "mcc": "MCC", "md5": "MD5", "mnc": "MNC",
	"nfs": "NFS", "ntfs": "NTFS", "oci": "OCI", "oke": "OKE", "ok": "OK", "onc": "ONC", "os": "OS", "otlp": "OTLP", "pdb": "PDB",
	"php": "PHP", "pid": "PID", "poh": "POH", "ppc32": "PPC32", "ppc64": "PPC64", "purl": "PURL", "quic": "QUIC", "raid": "RAID",
	"rpc": "RPC", "rss": "RSS", "s3": "S3", "s390x": "S390X", "sap": "SAP", "scf": "SCF", "sdk": "SDK", "sha1": "SHA1",
	"sha256": "SHA256", "smart": "SMART", "smf": "SMF", "sns": "SNS", "sql": "SQL", "sqs": "SQS", "ssl": "SSL", "tcp": "TCP",
	"tls": "TLS", "ttfb": "TTFB", "udp": "UDP", "uid": "UID", "url": "URL", "uuid": "UUID", "v8js": "V8JS", "vcs": "VCS", "vm": "VM",
	"vpid": "VPID", "wip": "WIP", "x86": "X86", "zos": "ZOS",
	// Mobile networks.
	"1xrtt": "1xRTT", "ca": "CA", "cdma": "CDMA", "cdma2000": "CDMA2000", "edge": "EDGE", "ehrpd": "EHRPD", "evdo": "EVDO", "gprs": "GPRS",
	"gsm": "GSM", "hsdpa": "HSDPA", "hspa": "HSPA", "hspap": "HSPAP", "hsupa": "HSUPA", "iden": "IDEN", "iwlan": "IWLAN", "lte": "LTE",
	"nr": "NR", "nrnsa": "NRNSA", "scdma": "SCDMA", "td": "TD", "umts": "UMTS",
	// Products and compounds that carry capitals inside.
	"activemq": "ActiveMQ", "apphub": "AppHub", "aspnetcore": "ASPNETCore", "clickhouse": "ClickHouse", "cloudevents": "CloudEvents",
	"cloudfoundry": "CloudFoundry", "clusterquota": "ClusterQuota", "cockroachdb": "CockroachDB", "coldstart": "ColdStart", "coldstarts": "ColdStarts", "connectrpc": "ConnectRPC",
	"cosmosdb": "CosmosDB", "couchdb": "CouchDB", "cpython": "CPython", "cronjob": "CronJob", "daemonset": "DaemonSet",
	"dotnet": "DotNet", "dragonflybsd": "DragonFlyBSD", "dynamodb": "DynamoDB", "enduser": "EndUser", "eventgrid": "EventGrid",
	"eventhubs": "EventHubs", "eventloop": "EventLoop", "exfat": "ExFAT", "faas": "FaaS", "fat32": "FAT32", "firebirdsql": "FirebirdSQL",
	"freebsd": "FreeBSD", "github": "GitHub", "gitlab": "GitLab", "graphql": "GraphQL", "h2database": "H2Database", "hbase": "HBase",
	"hfsplus": "HFSPlus", "influxdb": "InfluxDB", "instantdb": "InstantDB", "intersystems": "InterSystems", "iowait": "IOWait", "iostream": "IOStream", "ipv4": "IPv4", "ipv6": "IPv6",
	"launchtype": "LaunchType", "luajit": "LuaJIT", "mariadb": "MariaDB", "maxdb": "MaxDB", "mongodb": "MongoDB", "mysql": "MySQL", "netbsd": "NetBSD",
	"nodejs": "NodeJS", "openbsd": "OpenBSD", "opensearch": "OpenSearch", "openshift": "OpenShift", "opentracing": "OpenTracing",
	"oracledb": "OracleDB", "otel": "OTel", "persistentvolume": "PersistentVolume", "persistentvolumeclaim": "PersistentVolumeClaim",
	"postgresql": "PostgreSQL", "pubsub": "PubSub", "rabbitmq": "RabbitMQ", "refs": "ReFS", "replicaset": "ReplicaSet",
	"replicationcontroller": "ReplicationController", "resourcequota": "ResourceQuota", "rocketmq": "RocketMQ",
	"scaletargetref": "ScaleTargetRef", "secretsmanager": "SecretsManager", "servicebus": "ServiceBus", "signalr": "SignalR", "softwareag": "SoftwareAG",
	"sqlite": "SQLite", "statefulset": "StatefulSet", "storageclass": "StorageClass", "webengine": "WebEngine", "webjs": "WebJS",
	"wifi": "WiFi",
}

// goName spells a name or a member of the registry as an exported Go identifier: http.request.method is HTTPRequestMethod.
func goName(name string) string {
	var b strings.Builder
	for _, word := range splitWords(name) {
		b.WriteString(goWord(word))
	}
	return b.String()
}

// parameterName spells a name as a parameter: url.path is urlPath.
func parameterName(name string) string {
	parts := splitWords(name)
	out := strings.ToLower(parts[0]) + goName(strings.Join(parts[1:], "."))
	if token.IsKeyword(out) {
		out += "Value"
	}
	return out
}

func splitWords(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func goWord(word string) string {
	lower := strings.ToLower(word)
	if known, ok := words[lower]; ok {
		return known
	}
	if word == strings.ToUpper(word) && len(word) > 2 {
		word = lower // GET, but not the two letters of a continent
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
