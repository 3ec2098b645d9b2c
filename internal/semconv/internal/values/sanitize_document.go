package values

import "strings"

// document cuts JSON and what is written like it: documents one after the other, calls as in db.users.find({name: "Ann"}), extended JSON,
// regular expressions. Keys are kept, and everything outside brackets that is no literal.
func (l *lexer) document() token {
	from, c := l.pos, l.text[l.pos]
	switch {
	case isSpace(c):
		l.pos++
		for l.pos < len(l.text) && isSpace(l.text[l.pos]) {
			l.pos++
		}
		return kept
	case c == '{' || c == '[' || c == '(':
		l.depth++
	case c == '}' || c == ']' || c == ')':
		l.depth = max(0, l.depth-1)
	case c == '"' || c == '\'' || c == '`':
		return l.jsonString(c)
	case c == '?':
		l.pos++
		return placeholder
	case isDigit(c) || (c == '-' || c == '+' || c == '.') && isDigit(l.at(from+1)):
		l.pos++
		l.number()
		return literal
	case isJSONWord(c):
		return l.jsonWord()
	case c == '/' && l.depth > 0:
		l.pos, _ = jsonQuoteEnd(l.text, from, '/')
		for isLetter(l.at(l.pos)) {
			l.pos++ // the flags of a regular expression
		}
		return literal
	}
	l.pos++
	return kept
}

func (l *lexer) jsonString(quote byte) token {
	from := l.pos
	end, closed := jsonQuoteEnd(l.text, from, quote)
	l.pos = end
	switch {
	case !closed:
		return literal
	case l.depth > 0 && l.follows(end) == ':':
		return kept
	case l.text[from+1:end-1] == "?":
		return placeholder
	default:
		return literal
	}
}

func jsonQuoteEnd(s string, start int, quote byte) (end int, closed bool) {
	for i := start + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i + 1, true
		}
	}
	return len(s), false
}

func (l *lexer) jsonWord() token {
	from := l.pos
	for l.pos < len(l.text) && (isJSONWord(l.text[l.pos]) || isDigit(l.text[l.pos]) || strings.IndexByte(".-", l.text[l.pos]) >= 0) {
		l.pos++
	}
	if next := l.follows(l.pos); l.depth == 0 || next == ':' || next == '(' || l.text[from:l.pos] == "new" {
		return kept
	}
	return literal
}

// follows is the first byte from i on that is no space, 0 at the end.
func (l *lexer) follows(i int) byte {
	for i < len(l.text) && isSpace(l.text[i]) {
		i++
	}
	return l.at(i)
}

func isJSONWord(c byte) bool { return isLetter(c) || c == '_' || c == '$' || c >= 0x80 }
