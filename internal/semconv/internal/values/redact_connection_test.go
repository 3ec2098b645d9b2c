package values

import (
	"strings"
	"testing"
)

func TestRedactConnectionString(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"no secret":                   {in: "postgres://db:5432/shop"},
		"empty":                       {},
		"user":                        {in: "postgres://me@db/shop"},
		"password":                    {"postgres://me:pw@db/shop", "postgres://me:REDACTED@db/shop"},
		"password without a user":     {"redis://:pw@db:6379/0", "redis://:REDACTED@db:6379/0"},
		"empty password":              {in: "postgres://me:@db/shop"},
		"redacted before":             {in: "postgres://me:REDACTED@db/shop?password=REDACTED"},
		"at sign in the password":     {"postgres://me:p@w@db/shop", "postgres://me:REDACTED@db/shop"},
		"slash in the password":       {"postgres://me:p/w@db/shop", "postgres://me:REDACTED@db/shop"},
		"hash in the password":        {"postgres://me:p#w@db/shop", "postgres://me:REDACTED@db/shop"},
		"key in the password":         {"postgres://me:a&password=x@db/shop", "postgres://me:REDACTED@db/shop"},
		"several hosts":               {"mongodb://me:pw@a:1,b:2/shop?x=y", "mongodb://me:REDACTED@a:1,b:2/shop?x=y"},
		"several hosts, no user":      {in: "mongodb://a:1,b:2/shop?mail=a:b@c"},
		"query":                       {"postgres://db/shop?user=me&password=p;w&ssl=on", "postgres://db/shop?user=me&password=REDACTED&ssl=on"},
		"both":                        {"postgres://me:pw@db/shop?password=pw2", "postgres://me:REDACTED@db/shop?password=REDACTED"},
		"jdbc":                        {"jdbc:mysql://db:3306/shop?user=me&password=pw", "jdbc:mysql://db:3306/shop?user=me&password=REDACTED"},
		"jdbc of sql server":          {"jdbc:sqlserver://db:1433;user=sa;password=p@s s:&w;encrypt=true", "jdbc:sqlserver://db:1433;user=sa;password=REDACTED;encrypt=true"},
		"sql server without jdbc":     {"sqlserver://sa:p;w@db:1433?database=x", "sqlserver://sa:REDACTED@db:1433?database=x"},
		"key of several parts":        {"db:6379,my-2nd_key.password=p w,ssl=true", "db:6379,my-2nd_key.password=REDACTED,ssl=true"},
		"jdbc of h2":                  {"jdbc:h2:tcp://db/~/test;USER=sa;PASSWORD=123", "jdbc:h2:tcp://db/~/test;USER=sa;PASSWORD=REDACTED"},
		"jdbc with address lists":     {"jdbc:mysql://address=(host=a)(user=u)(password=p),address=(host=b)/d", "jdbc:mysql://address=(host=a)(user=u)(password=REDACTED),address=(host=b)/d"},
		"oracle":                      {"jdbc:oracle:thin:scott/tiger@//db:1521/svc", "jdbc:oracle:thin:scott/REDACTED@//db:1521/svc"},
		"oracle without a password":   {in: "jdbc:oracle:thin:@//db:1521/svc"},
		"oracle with a URL":           {"jdbc:oracle:thin:scott/tiger@tcps://db:1521/svc", "jdbc:oracle:thin:scott/REDACTED@tcps://db:1521/svc"},
		"oracle without jdbc":         {"scott/tiger@db:1521/svc", "scott/REDACTED@db:1521/svc"},
		"oracle description":          {"(DESCRIPTION=(USER=me)(PASSWORD=p;w))", "(DESCRIPTION=(USER=me)(PASSWORD=REDACTED))"},
		"go mysql":                    {"me:p@w@tcp(db:3306)/shop?tls=true", "me:REDACTED@tcp(db:3306)/shop?tls=true"},
		"host and port":               {in: "db:6379"},
		"mail address":                {in: "me@db.example:80/x"},
		"path with an at sign":        {in: "/var/run/db@1"},
		"ado":                         {"Server=db,1433;User Id=me@x;Password=p w,=&;Encrypt=true", "Server=db,1433;User Id=me@x;Password=REDACTED;Encrypt=true"},
		"ado with at signs":           {"Server=tcp:db,1433;Password=p@ss;", "Server=tcp:db,1433;Password=REDACTED;"},
		"ado with spaces":             {"Server = db ; Password = p w ; Encrypt = true", "Server = db ; Password = REDACTED ; Encrypt = true"},
		"ado, password first":         {"Password=p w;Server=db", "Password=REDACTED;Server=db"},
		"ado, several words":          {"Provider=x;Jet OLEDB:Database Password=p w", "Provider=x;Jet OLEDB:Database Password=REDACTED"},
		"ado in quotes":               {`Server=db;Password="p;""w";Encrypt=true`, `Server=db;Password=REDACTED;Encrypt=true`},
		"odbc in braces":              {"Driver={x};PWD={p;}}w};UID=me", "Driver={x};PWD=REDACTED;UID=me"},
		"open quote":                  {`Server=db;Password="p;w`, `Server=db;Password=REDACTED`},
		"pwd":                         {"Server=db;pwd=pw", "Server=db;pwd=REDACTED"},
		"key of a cloud account":      {"AccountName=me;AccountKey=abc==;EndpointSuffix=x", "AccountName=me;AccountKey=REDACTED;EndpointSuffix=x"},
		"libpq":                       {"host=db password=p;w user=me", "host=db password=REDACTED user=me"},
		"libpq, password first":       {"password=pw host=db", "password=REDACTED host=db"},
		"libpq in quotes":             {`host=db password='p \' w' user=me`, `host=db password=REDACTED user=me`},
		"libpq with escaped space":    {`host=db password=p\ w user=me`, `host=db password=REDACTED user=me`},
		"libpq with lines":            {"host=db\npassword=pw\nuser=me", "host=db\npassword=REDACTED\nuser=me"},
		"libpq, nothing assigned":     {in: "host=db password="},
		"redis client":                {"db:6379,password=p;w=,ssl=true", "db:6379,password=REDACTED,ssl=true"},
		"a key that only looks alike": {in: "Server=db;PasswordPolicy=x;Persist Security Info=False"},
		"password in the key's place": {in: "Server=db;x=password"},
	} {
		t.Run(name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = tt.in
			}
			out, changed := RedactConnectionString(tt.in)
			if out != want || changed != (tt.want != "") {
				t.Errorf("RedactConnectionString(%q) = %q, %v; want %q", tt.in, out, changed, want)
			}
		})
	}
}

func FuzzRedactConnectionString(f *testing.F) {
	f.Add("jdbc:sqlserver://db:1433;user=sa;password=p@ss", "pw")
	f.Add("host=db password='p w' user=me", "p;w")
	f.Add("me:pw@tcp(db)/shop", "p@w")
	f.Add("Driver={x};PWD={p;}}w};UID=me", "{")
	f.Fuzz(func(t *testing.T, s, secret string) {
		out, changed := RedactConnectionString(s)
		if changed != (out != s) {
			t.Fatalf("RedactConnectionString(%q) = %q, %v", s, out, changed)
		}
		if again, changed := RedactConnectionString(out); again != out || changed {
			t.Fatalf("%q became %q, then %q", s, out, again)
		}
		const marker = "s3cr3t"
		if strings.Contains(s, marker) {
			return
		}
		check := func(without, format string) {
			if strings.ContainsAny(secret, without) {
				return
			}
			text := strings.Replace(format, "$", secret+marker, 1)
			if out, _ := RedactConnectionString(text); strings.Contains(out, marker) {
				t.Fatalf("RedactConnectionString(%q) = %q", text, out)
			}
		}
		check("/?#", "postgres://me:$@db:5432/shop?x=y")
		check(";\"'{", "Server=db,1433;User Id=me;Password=$;Encrypt=true")
		check("&", "postgres://db:5432/shop?user=me&password=$")
		check(" \t\r\n\v\f\\'\"", "host=db user=me password=$")
		check("'\\", "host=db user=me password='$' port=1")
		check(":/=@ \t\r\n;", "me:$@tcp(db:3306)/shop")
		check("\"", "Server=db;Password=\"$\";Encrypt=true")
	})
}
