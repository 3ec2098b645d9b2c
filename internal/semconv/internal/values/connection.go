package values

import "strings"

// ParseConnectionString reads the server off scheme://[user[:password]@]host[:port][/...], with jdbc: before it or not. Lists of
// hosts and the forms made of key=value parts are not read: ok is false.
func ParseConnectionString(s string) (host string, port int64, hasPort, ok bool) {
	s, end := trimJDBC(s)
	var l layout
	if !l.read(s[:end]) || !isOneHost(l.name) {
		return "", 0, false, false
	}
	return l.name, l.port, l.hasPort, true
}

const jdbc, sqlServer = "jdbc:", "sqlserver://"

// trimJDBC drops a jdbc: and says where the URL ends: SQL Server's driver writes properties after semicolons, which follow the port
// directly and may hold any character.
//
//	jdbc:sqlserver://db:1433;user=sa;password=p@ss
func trimJDBC(s string) (url string, end int) {
	if !hasFoldPrefix(s, jdbc) {
		return s, len(s)
	}
	s = s[len(jdbc):]
	if hasFoldPrefix(s, sqlServer) {
		if i := strings.IndexByte(s, ';'); i >= 0 {
			return s, i
		}
	}
	return s, len(s)
}
