package values

import "strings"

// hideParts replaces the values of keys that name a password, from a place in s on. Each form of connection string has a separator of
// its own, which only what is before the key tells:
//
//	Server=db;Password=p w,x;...             ADO, ODBC, JDBC of SQL Server
//	host=db password='p w' ...               libpq
//	...?password=p&...                       queries
//	db:6379,password=p,ssl=true              Redis clients
//	(DESCRIPTION=(USER=me)(PASSWORD=p))      Oracle, MySQL
func hideParts(s string, from int) string {
	if strings.IndexByte(s[from:], '=') < 0 {
		return s
	}
	var b []byte
	kept := 0       // what is before it, is in b
	assigned := -1  // the last equals sign that was none of a value
	segment := from // what follows the last semicolon that was none of a value
	semicolons := strings.IndexByte(s[from:], ';') >= 0
	for i := from; i < len(s); i++ {
		switch s[i] {
		case ';':
			segment = i + 1
		case '=':
			key := keyBefore(s, from, i)
			if isPasswordKey(s[key:i]) {
				separator := separatorBefore(s, from, key)
				if separator == 0 {
					separator = ' '
					if semicolons && assigned < segment {
						separator = ';' // the key has several words
					}
				}
				start, end := valueAfter(s, i+1, separator)
				if start < end && s[start:end] != redacted {
					b = append(append(b, s[kept:start]...), redacted...)
					kept = end
				}
				assigned, i = i, end-1
				continue
			}
			assigned = i
		}
	}
	if kept == 0 {
		return s
	}
	return string(append(b, s[kept:]...))
}

// keyBefore is the start of the word that ends at end, or before the spaces there.
func keyBefore(s string, from, end int) int {
	for end > from && isSpace(s[end-1]) {
		end--
	}
	for end > from && (isLetter(s[end-1]) || isDigit(s[end-1]) || s[end-1] == '_' || s[end-1] == '-' || s[end-1] == '.') {
		end--
	}
	return end
}

// passwordKeys are the ends of the keys that hold passwords, and what takes the place of one.
var passwordKeys = [...]string{"password", "pwd", "passwd", "passphrase", "accountkey", "accesskey", "secret", "secretkey", "token"}

func isPasswordKey(key string) bool {
	key = strings.TrimRight(key, " \t\r\n\v\f")
	for _, end := range passwordKeys {
		if hasFoldSuffix(key, end) {
			return true
		}
	}
	return foldEqual(key, "pass")
}

// separatorBefore is the separator of the form of text that a key stands in, 0 when what is before the key does not tell.
func separatorBefore(s string, from, key int) byte {
	for key > from && isSpace(s[key-1]) {
		key--
	}
	if key == from {
		return 0
	}
	switch c := s[key-1]; c {
	case ';', ',', '&':
		return c
	case '?':
		return '&'
	case '(':
		return ')'
	default:
		return 0
	}
}

// valueAfter is where a value begins and ends. Quotes and braces may hold the separator.
func valueAfter(s string, start int, separator byte) (int, int) {
	for start < len(s) && isSpace(s[start]) {
		start++
	}
	end := start
	if start < len(s) {
		switch c := s[start]; {
		case c == '"' || c == '\'':
			end = quoteEnd(s, start, c, separator == ' ')
		case c == '{' && separator == ';':
			end = quoteEnd(s, start, '}', false)
		}
	}
	for end < len(s) && s[end] != separator && !(separator == ' ' && isSpace(s[end])) {
		if s[end] == '\\' && separator == ' ' && end+1 < len(s) {
			end++
		}
		end++
	}
	for end > start && isSpace(s[end-1]) {
		end--
	}
	return start, end
}

// quoteEnd is the place after the closing quote of the text that opens at start, or the end of s. A doubled quote stands for itself,
// and so does one after a backslash where backslashes escape.
func quoteEnd(s string, start int, quote byte, backslash bool) int {
	for i := start + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && backslash:
			i++
		case s[i] != quote:
		case i+1 < len(s) && s[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(s)
}
