package values

import "strings"

// RedactConnectionString hides the passwords in a connection string: the one of user:password@host, with a scheme before it or not,
// and those of key=value parts. Where the text can be read in more than one way, more is hidden than needed rather than less.
//
//	postgres://me:pw@db/shop          ->  postgres://me:REDACTED@db/shop
//	me:pw@tcp(db:3306)/shop           ->  me:REDACTED@tcp(db:3306)/shop
//	Server=db;User Id=me;Password=pw  ->  Server=db;User Id=me;Password=REDACTED
func RedactConnectionString(s string) (out string, changed bool) {
	if start := afterScheme(s); start > 0 {
		// A password may look like a key and its value, so the keys count only after it.
		out, rest := hidePassword(s, start, credentialsEnd(s, start), ":")
		out = hideParts(out, rest)
		return out, out != s
	}
	// Here the parts go first: an at sign in the value of a key ends no password.
	out = hideParts(s, 0)
	start := oracleStart(out)
	at := strings.LastIndexByte(out, '@')
	if at > start && !isUserless(out[start:at]) {
		out, _ = hidePassword(out, start, at, ":/")
	}
	return out, out != s
}

// afterScheme is where the authority begins, 0 without one. An address that follows the credentials of Oracle's driver may be a URL
// itself.
func afterScheme(s string) int {
	i := strings.Index(s, "://")
	if i <= 0 || oracleStart(s) > 0 {
		return 0
	}
	return i + len("://")
}

// oracleStart is where jdbc:oracle:thin:user/password@host has its user, 0 for all other text.
func oracleStart(s string) int {
	const oracle = jdbc + "oracle:"
	if !hasFoldPrefix(s, oracle) {
		return 0
	}
	return len(oracle) + strings.IndexByte(s[len(oracle):], ':') + 1
}

// isUserless says that what is before an at sign cannot begin with a user's name.
func isUserless(s string) bool {
	i := strings.IndexAny(s, ":/")
	return i < 0 || s[i] == '/' && i == 0 || strings.ContainsAny(s[:i], "=; \t\r\n")
}

// credentialsEnd is the place of the at sign after the credentials, or start when there are none.
func credentialsEnd(s string, start int) int {
	if url, _ := trimJDBC(s); len(url) < len(s) && hasFoldPrefix(url, sqlServer) {
		return start // its credentials are properties
	}
	end := authorityEnd(s, start)
	if at := strings.LastIndexByte(s[start:end], '@'); at >= 0 {
		return start + at
	}
	// Passwords are written without the escapes that slashes and hashes in them need. Then what looks like the authority is none.
	if at := strings.LastIndexByte(s, '@'); at > start && !isHostList(s[start:end]) {
		return at
	}
	return start
}

func isHostList(s string) bool {
	for one := range strings.SplitSeq(s, ",") {
		if _, _, _, ok := splitAuthority(one); !ok {
			return false
		}
	}
	return true
}

// hidePassword replaces what stands between the first separator from start and the at sign. rest is the place of the at sign after
// that.
func hidePassword(s string, start, at int, separators string) (out string, rest int) {
	i := strings.IndexAny(s[start:at], separators)
	if i < 0 {
		return s, at
	}
	start += i + 1
	if password := s[start:at]; password == "" || password == redacted {
		return s, at
	}
	return s[:start] + redacted + s[at:], start + len(redacted)
}
