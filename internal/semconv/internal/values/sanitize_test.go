package values

import (
	"slices"
	"strings"
	"testing"
)

type sanitizeCase struct{ system, in, want string } // no want: nothing to change

func checkSanitize(t *testing.T, cases map[string]sanitizeCase) {
	t.Helper()
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = tt.in
			}
			out, changed := SanitizeQuery(tt.in, tt.system)
			if out != want || changed != (tt.want != "") {
				t.Errorf("SanitizeQuery(%q, %q) = %q, %v; want %q", tt.in, tt.system, out, changed, want)
			}
		})
	}
}

func TestSanitizeSQL(t *testing.T) {
	checkSanitize(t, map[string]sanitizeCase{
		"nothing":                           {},
		"no literals":                       {in: "SELECT a1, t2.b_3 FROM schema4.t WHERE a IS NULL AND b = TRUE"},
		"numbers":                           {"", "SELECT 1, 2.5, .5, 1e10, 1.5E-3, 0x1F, 0b01, 1_000 FROM t", "SELECT ?, ?, ?, ?, ?, ?, ?, ? FROM t"},
		"sign":                              {"", "WHERE a = -5 AND b = a-5", "WHERE a = -? AND b = a-?"},
		"number in brackets":                {"", "VARCHAR(255), LIMIT 10;", "VARCHAR(?), LIMIT ?;"},
		"number before a name":              {"mysql", "SELECT 2fa FROM t", "SELECT ? FROM t"},
		"string":                            {"", "WHERE a = 'Ann'", "WHERE a = ?"},
		"empty string":                      {"", "WHERE a = ''", "WHERE a = ?"},
		"doubled quotes":                    {"", "WHERE a = 'it''s' AND b = ''''", "WHERE a = ? AND b = ?"},
		"backslash is a character":          {"postgresql", `WHERE a = 'C:\' AND b = 'x'`, `WHERE a = ? AND b = ?`},
		"backslash escapes":                 {"mysql", `WHERE a = 'it\'s' AND b = 'x'`, `WHERE a = ? AND b = ?`},
		"E string":                          {"postgresql", `WHERE a = E'it\'s' AND b = e'x\\'`, `WHERE a = ? AND b = ?`},
		"backslash of clickhouse":           {"clickhouse", `WHERE a = 'it\'s' AND b = 'x'`, `WHERE a = ? AND b = ?`},
		"strings of couchbase":              {"couchbase", `WHERE a = "Ann" AND $ < 5`, `WHERE a = ? AND $ < ?`},
		"backslash in an identifier":        {"mysql", "SELECT `a\\`, 'x'", "SELECT `a\\`, ?"},
		"backslash in quotes":               {"", `SELECT "a\", 'x'`, `SELECT "a\", ?`},
		"identifier cut at a doubled quote": {"", `SELECT "a""`, `SELECT ?`},
		"string cut at its quote":           {"", `SELECT '`, `SELECT ?`},
		"empty dollar quotes":               {"postgresql", "SELECT $$$$, 'x'", "SELECT ?, ?"},
		"comment of mysql":                  {"mysql", "SELECT 1 -- it's 2\n, 3 --\n, 4 --", "SELECT ? -- it's 2\n, ? --\n, ? --"},
		"national, in lower case":           {"mssql", "WHERE a = n'Ann'", "WHERE a = ?"},
		"national":                          {"mssql", "WHERE a = N'Ann'", "WHERE a = ?"},
		"hex and binary":                    {"", "VALUES (X'1F', b'01', x'')", "VALUES (?, ?, ?)"},
		"unicode":                           {"", `VALUES (U&'\0061')`, `VALUES (?)`},
		"unicode identifier":                {in: `SELECT U&"\0061"`},
		"character set":                     {"mysql", "VALUES (_utf8mb4'x')", "VALUES (?)"},
		"raw":                               {"spanner", `VALUES (r'x\'y', b"z")`, `VALUES (?, ?)`},
		"name before a quote":               {"", "DATE'2020-01-01'", "DATE?"},
		"typed":                             {"", "DATE '2020-01-01' + INTERVAL '1 day'", "DATE ? + INTERVAL ?"},
		"dollar quotes":                     {"postgresql", "SELECT $$it's$$, $t$a $$ b$t$", "SELECT ?, ?"},
		"open dollar quotes":                {"postgresql", "SELECT $t$it's", "SELECT ?"},
		"dollar in a name":                  {"oracle.db", "SELECT a FROM v$session", ""},
		"oracle quotes":                     {"oracle.db", "SELECT q'[it's]', nq'{a}', Q'!b'c!' FROM t", "SELECT ?, ?, ? FROM t"},
		"open oracle quotes":                {"oracle.db", "SELECT q'[it's", "SELECT ?"},
		"oracle quotes cut at the end":      {"oracle.db", "SELECT q'[it's]", "SELECT ?"},
		"open string":                       {"", "WHERE a = 'Ann and", "WHERE a = ?"},
		"identifiers in quotes":             {"", "SELECT \"a 1\", `b 2` FROM t WHERE c = 3", "SELECT \"a 1\", `b 2` FROM t WHERE c = ?"},
		"quotes in an identifier":           {in: `SELECT "a"" 'b'"`},
		"open identifier":                   {"", `SELECT "a, 'b'`, `SELECT ?`},
		"mysql strings":                     {"mysql", `WHERE a = "it's" AND b = "x""y"`, `WHERE a = ? AND b = ?`},
		"mariadb strings":                   {"mariadb", `WHERE a = "Ann"`, `WHERE a = ?`},
		"brackets of sql server":            {"microsoft.sql_server", "SELECT [a 1], [b]]2] FROM t WHERE c = 'x'", "SELECT [a 1], [b]]2] FROM t WHERE c = ?"},
		"array":                             {"postgresql", "SELECT ARRAY[1, 2], a[1:2]", "SELECT ARRAY[?, ?], a[?:?]"},
		"list":                              {"", "WHERE a IN (1, 2, 3)", "WHERE a IN (?, ?, ?)"},
		"line comment":                      {"", "SELECT 1 -- it's 2\n, 3", "SELECT ? -- it's 2\n, ?"},
		"block comment":                     {"", "/* it's 1 */ SELECT 1 /*+ INDEX(2) */", "/* it's 1 */ SELECT ? /*+ INDEX(2) */"},
		"open comment":                      {"", "SELECT 1 /* it's 2", "SELECT ? /* it's 2"},
		"hash comment":                      {"mysql", "SELECT 1 # it's 2\n, 3", "SELECT ? # it's 2\n, ?"},
		"hash operator":                     {"postgresql", "SELECT a # 1", "SELECT a # ?"},
		"two minus signs":                   {"mysql", "SELECT 5--3", "SELECT ?--?"},
		"comment that runs":                 {"mysql", "/*!50100 PARTITION x VALUES ('a') */", "/*!50100 PARTITION x VALUES (?) */"},
		"cast":                              {"postgresql", "SELECT '1'::int, a::text", "SELECT ?::int, a::text"},
		"assignment":                        {"mysql", "SELECT a := 1", "SELECT a := ?"},
		"truncated at an escape":            {"mysql", `SELECT 'a\`, `SELECT ?`},
		"not UTF-8":                         {"", "SELECT 'a\xff', \xff1", "SELECT ?, \xff1"},
		"graph":                             {"neo4j", `MATCH (n:Person {name: "Ann"})-[*1..3]->(:City) RETURN n LIMIT 5`, `MATCH (n:Person {name: ?})-[*?]->(:City) RETURN n LIMIT ?`},
		"document without a dialect":        {"aws.dynamodb", `{"id": "x"}`, `{"id": ?}`},

		"question mark":              {in: "WHERE a = ? AND b = 'x' LIMIT 10"},
		"question mark in a string":  {"", "WHERE a = '?'", "WHERE a = ?"},
		"question mark in a comment": {"", "SELECT 'x' -- ?", "SELECT ? -- ?"},
		"question mark in a name":    {"", "SELECT \"a?\" + 'x'", "SELECT \"a?\" + ?"},
		"dollar number":              {in: "WHERE a = $1 AND b = 'x'"},
		"dollar name":                {system: "neo4j", in: "MATCH (n {name: $name}) RETURN n LIMIT 5"},
		"colon name":                 {in: "WHERE a = :name AND b = 'x'"},
		"colon number":               {in: "WHERE a = :1 AND b = 'x'"},
		"at name":                    {in: "WHERE a = @p1 AND b = 'x'"},
		"percent s":                  {in: "WHERE a = %s AND b = 'x'"},
		"percent name":               {in: "WHERE a = %(name)s AND b = 'x'"},
		"percent in a string":        {"", "WHERE a LIKE '%s'", "WHERE a LIKE ?"},
		"modulo":                     {"", "WHERE a %size = 1 AND b % (c) = 2", "WHERE a %size = ? AND b % (c) = ?"},
		"system variable":            {"mssql", "SELECT @@rowcount, 'x'", "SELECT @@rowcount, ?"},
		"declared variable":          {"mssql", "DECLARE @a INT; SET @a = 5; EXEC p @a", "DECLARE @a INT; SET @a = ?; EXEC p @a"},
		"prepared text":              {"mssql", "exec sp_executesql N'SELECT @P0', N'@P0 int', 5", "exec sp_executesql ?, ?, ?"},
		"link":                       {"oracle.db", "SELECT 1 FROM t@remote", "SELECT ? FROM t@remote"},
		"slice":                      {"postgresql", "SELECT a[:2], 'x'", "SELECT a[:?], ?"},
		"document operators":         {"postgresql", "WHERE a ? 'k' AND b ?| c AND d ?& e AND f ?? 'k'", "WHERE a ? ? AND b ?| c AND d ?& e AND f ?? ?"},
		"placeholder concatenated":   {in: "WHERE a = ?||'x'"},
	})
}

func TestSanitizeJSON(t *testing.T) {
	checkSanitize(t, map[string]sanitizeCase{
		"values":                {"mongodb", `{"find": "users", "filter": {"age": -5, "on": true, "x": null}}`, `{"find": ?, "filter": {"age": ?, "on": ?, "x": ?}}`},
		"lists":                 {"elasticsearch", `{"a": ["x", 1, [2.5e-3]]}`, `{"a": [?, ?, [?]]}`},
		"keys with quotes":      {"couchdb", `{"a\"b" : "c\"d"}`, `{"a\"b" : ?}`},
		"empty":                 {system: "mongodb"},
		"empty document":        {system: "mongodb", in: "{}"},
		"documents in lines":    {"opensearch", "{\"index\": \"a\"}\n{\"query\": {\"match_all\": {}}}\n", "{\"index\": ?}\n{\"query\": {\"match_all\": {}}}\n"},
		"shell":                 {"mongodb", `db.users.find({name: 'Ann', _id: ObjectId("5f"), at: new Date(5)}).limit(10)`, `db.users.find({name: ?, _id: ObjectId(?), at: new Date(?)}).limit(?)`},
		"words":                 {"mongodb", `{a: undefined, b: Ann}`, `{a: ?, b: ?}`},
		"keys with dots":        {"mongodb", `{a.b: 5, c-d: e.f}`, `{a.b: ?, c-d: ?}`},
		"regular expression":    {"mongodb", `{a: /^An"n\/x/i}`, `{a: ?}`},
		"string without a key":  {"mongodb", `db.users.distinct("name")`, `db.users.distinct(?)`},
		"path":                  {"elasticsearch", `GET /users-2024/_doc/5`, `GET /users-2024/_doc/?`},
		"cut in a string":       {"mongodb", `{"a": "b`, `{"a": ?`},
		"cut at a quote":        {"mongodb", `{"a": "`, `{"a": ?`},
		"cut in a key":          {"mongodb", `{"a`, `{?`},
		"cut after a key":       {"mongodb", `{"a"`, `{?`},
		"closed too often":      {"mongodb", `}} {"a": "b"}`, `}} {"a": ?}`},
		"question mark":         {system: "mongodb", in: `{"find": "users", "filter": {"a": ?}}`},
		"question mark quoted":  {system: "mongodb", in: `{"find": "users", "filter": {"a": "?"}}`},
		"question mark inside":  {"mongodb", `{"a": "who?"}`, `{"a": ?}`},
		"question mark as key":  {"mongodb", `{"?": "b"}`, `{"?": ?}`},
		"dollars are operators": {"mongodb", `{"$match": {"$gt": 5}}`, `{"$match": {"$gt": ?}}`},
	})
}

func TestSanitizeCommand(t *testing.T) {
	checkSanitize(t, map[string]sanitizeCase{
		"arguments":            {"redis", "SET user:1 Ann EX 10", "SET ? ? ? ?"},
		"no arguments":         {system: "redis", in: "PING"},
		"empty":                {system: "redis"},
		"spaces":               {"valkey", "  GET  user:1 ", "  GET  ? "},
		"quotes":               {"redis", `SET a "b \" c" 'd e'`, `SET ? ? ?`},
		"backslash in quotes":  {"redis", `SET "a \" b"`, `SET ?`},
		"open quote":           {"redis", `SET a "b c`, `SET ? ?`},
		"module":               {"redis", "JSON.SET a $ 1", "JSON.SET ? ? ?"},
		"value with lines":     {"memcached", "set a 0 0 5\r\nhello\r\n", "set ? ? ? ?\r\n?\r\n"},
		"no command":           {"redis", `"SET" a`, `? ?`},
		"sanitized before":     {system: "redis", in: "SET user:1 ?"},
		"question mark inside": {"redis", "SET a why?", "SET ? ?"},
	})
}

var fuzzSystems = []string{"", "mysql", "postgresql", "oracle.db", "microsoft.sql_server", "neo4j", "couchbase", "clickhouse", "mongodb", "redis"}

func FuzzSanitizeQuery(f *testing.F) {
	f.Add("SELECT \"a\", q'[it's]' FROM t WHERE b = 'x' -- y", uint8(0))
	f.Add(`SELECT "it\'s" # c`, uint8(1))
	f.Add("SELECT $$it's$$, a::text, b ?| c, E'\\''", uint8(2))
	f.Add("SELECT [a], @@x", uint8(4))
	f.Add(`{name: /x/i, "a": ["b"]}`, uint8(8))
	f.Add(`SET a "b c"`, uint8(9))
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		system := fuzzSystems[int(n)%len(fuzzSystems)]
		out, changed := SanitizeQuery(text, system)
		if changed && out == text || !changed && out != text {
			t.Fatalf("SanitizeQuery(%q, %q) = %q, %v", text, system, out, changed)
		}
		if again, changed := SanitizeQuery(out, system); again != out || changed {
			t.Fatalf("%q became %q, then %q (%s)", text, out, again, system)
		}
	})
}

// FuzzSanitizeSecret puts a secret where a literal stands, written the way the system quotes it.
func FuzzSanitizeSecret(f *testing.F) {
	f.Add("it's", uint8(0))
	f.Add(`\`, uint8(1))
	f.Add(`\'`, uint8(1))
	f.Add("$$", uint8(2))
	f.Add(`"?`, uint8(8))
	f.Fuzz(func(t *testing.T, secret string, n uint8) {
		const marker = "s3cr3t"
		system := fuzzSystems[int(n)%len(fuzzSystems)]
		secret += marker
		doubled := strings.ReplaceAll(secret, "'", "''")
		escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`).Replace(secret)
		var texts []string
		switch system {
		case "mongodb":
			texts = []string{`{"a": "` + escaped + `", "b": 1}`, `db.a.find({b: '` + escaped + `'})`}
		case "redis":
			texts = []string{`SET a "` + escaped + `" b`, "SET a " + strings.NewReplacer(`"`, "", "'", "").Replace(secret)}
		default:
			quoted := doubled
			if dialectOf(system).backslashes {
				quoted = escaped
			}
			texts = []string{"SELECT a FROM b WHERE c = '" + quoted + "' AND d = 1", "INSERT INTO a VALUES (N'" + quoted + "', 'x')",
				"SELECT E'" + escaped + "'"}
			if dialectOf(system).doubleQuotes && dialectOf(system).backslashes {
				texts = append(texts, `SELECT "`+escaped+`", 'x'`)
			}
		}
		for _, text := range texts {
			if out, _ := SanitizeQuery(text, system); strings.Contains(out, marker) && !(system == "redis" && slices.Contains(strings.Fields(text), "?")) {
				t.Fatalf("SanitizeQuery(%q, %q) = %q", text, system, out)
			}
			// Wherever the text was cut.
			if cut := strings.Index(text, marker) + len(marker); system != "redis" {
				if out, _ := SanitizeQuery(text[:cut], system); strings.Contains(out, marker) {
					t.Fatalf("SanitizeQuery(%q, %q) = %q", text[:cut], system, out)
				}
			}
		}
	})
}
