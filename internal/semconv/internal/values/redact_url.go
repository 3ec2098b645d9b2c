package values

const hiddenUserinfo = redacted + ":" + redacted

// RedactURL hides the user and password of an absolute URL and the values of the keys in its query (see RedactQuery). All other text
// stays byte for byte. valid is false, and out is u, for text that is no absolute URL.
//
//	https://me:pw@shop.example/cart?sig=abc#top  ->  https://REDACTED:REDACTED@shop.example/cart?sig=REDACTED#top
func RedactURL(u string, keys []string) (out string, changed, valid bool) {
	var l layout
	if !l.read(u) {
		return u, false, false
	}
	user := ""
	if l.host > l.user+1 {
		user = u[l.user : l.host-1]
	}
	query := after(u[l.query:l.fragment])
	hidden, inQuery := RedactQuery(query, keys)
	inUser := user != "" && user != hiddenUserinfo
	switch {
	case inUser && inQuery:
		return u[:l.user] + hiddenUserinfo + u[l.host-1:l.query+1] + hidden + u[l.fragment:], true, true
	case inUser:
		return u[:l.user] + hiddenUserinfo + u[l.host-1:], true, true
	case inQuery:
		return u[:l.query+1] + hidden + u[l.fragment:], true, true
	default:
		return u, false, true
	}
}
