package values

import "testing"

func TestParseConnectionString(t *testing.T) {
	type want struct {
		host    string
		port    int64
		hasPort bool
	}
	for in, w := range map[string]want{
		"postgres://me:pw@db:5432/shop":                   {"db", 5432, true},
		"postgresql://db/shop?sslmode=off":                {"db", 0, false},
		"redis://:pw@cache:6379":                          {"cache", 6379, true},
		"mongodb+srv://me@db/":                            {"db", 0, false},
		"jdbc:mysql://db:3306/shop?user=me&password=pw":   {"db", 3306, true},
		"JDBC:postgresql://[::1]:5432/shop":               {"::1", 5432, true},
		"jdbc:sqlserver://db:1433;user=sa;password=p@s/s": {"db", 1433, true},
		"jdbc:sqlserver://db":                             {"db", 0, false},
		"sqlserver://sa:p@db:1433?database=x":             {"db", 1433, true},
	} {
		host, port, hasPort, ok := ParseConnectionString(in)
		if got := (want{host, port, hasPort}); got != w || !ok {
			t.Errorf("ParseConnectionString(%q) = %+v, %v", in, got, ok)
		}
	}
	for _, in := range []string{
		"", "db", "db:5432", "jdbc:", "jdbc:h2:mem:test", "jdbc:h2:tcp://db/test", "jdbc:oracle:thin:@db:1521/x", "sqlite:///data.db",
		"mongodb://a,b/x", "mongodb://a:1,b:2/x", "mongodb://me:pw@a,b:1/x", "Server=db;Password=pw", "host=db user=me",
		"jdbc:sqlserver://db\\instance:1433;x=y", "jdbc:mysql://(host=a,port=1)/x", "jdbc:mysql://address=(host=a)/x",
		"postgres://db:port/x", "postgres:///x", "foo://db;Password=pw",
	} {
		if host, port, _, ok := ParseConnectionString(in); ok {
			t.Errorf("ParseConnectionString(%q) = %q, %d", in, host, port)
		}
	}
}

func FuzzParseConnectionString(f *testing.F) {
	f.Add("jdbc:sqlserver://db:1433;user=sa")
	f.Add("postgres://me:pw@db:5432/shop")
	f.Fuzz(func(t *testing.T, s string) {
		host, port, hasPort, ok := ParseConnectionString(s)
		if ok && (host == "" || port < 0 || port > maxPort || !hasPort && port != 0) {
			t.Fatalf("ParseConnectionString(%q) = %q, %d, %v", s, host, port, hasPort)
		}
		// Hiding the password hides no host.
		hidden, _ := RedactConnectionString(s)
		host2, port2, hasPort2, ok2 := ParseConnectionString(hidden)
		if ok && (!ok2 || host2 != host || port2 != port || hasPort2 != hasPort) {
			t.Fatalf("%q names %q, %d, without its password %q names %q, %d, %v", s, host, port, hidden, host2, port2, ok2)
		}
	})
}
