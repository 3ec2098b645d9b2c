package values

// dialect is how a system's SQL differs from the standard in what matters to literals and placeholders.
type dialect struct {
	doubleQuotes bool // "text" is a string and no identifier
	backslashes  bool // \' does not end a string
	hashComments bool // # begins a comment, and -- only before a space
	brackets     bool // [order] is an identifier
	dollarNames  bool // $name is a placeholder
	colonLabels  bool // :name is a label and no placeholder
	dollarQuotes bool // $tag$text$tag$ is a string
}

func dialectOf(system string) dialect {
	switch system {
	case "mysql", "mariadb":
		return dialect{doubleQuotes: true, backslashes: true, hashComments: true}
	case "hive", "spanner", "gcp.spanner", "cosmosdb", "azure.cosmosdb":
		return dialect{doubleQuotes: true, backslashes: true}
	case "couchbase":
		return dialect{doubleQuotes: true, dollarNames: true}
	case "neo4j":
		return dialect{doubleQuotes: true, backslashes: true, dollarNames: true, colonLabels: true}
	case "clickhouse":
		return dialect{backslashes: true, dollarQuotes: true}
	case "mssql", "microsoft.sql_server":
		return dialect{brackets: true}
	case "sqlite":
		return dialect{brackets: true}
	default:
		return dialect{dollarQuotes: true}
	}
}
