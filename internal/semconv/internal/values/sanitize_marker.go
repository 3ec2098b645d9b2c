package values

import "strings"

// marker decides whether a character that begins placeholders begins one here: ?, :name and :1, @p1, %s and %(name)s.
func (l *lexer) marker(c byte) token {
	var found bool
	next := l.at(l.pos + 1)
	switch c {
	case '?':
		if next == '?' {
			l.pos += 2 // how drivers escape the operator
			return kept
		}
		found = !l.isOperator()
	case ':':
		if next == ':' || next == '=' {
			l.pos += 2
			return kept
		}
		found = !l.dialect.colonLabels && !l.afterName() && (isIdentStart(next) || isDigit(next) && l.at(l.pos-1) != '[')
	case '@':
		if next == '@' {
			l.pos += 2
			return kept
		}
		found = !l.locals && !l.afterName() && isIdentStart(next)
	case '%':
		found = next == 's' && !isIdent(l.at(l.pos+2)) || next == '(' && l.isNamedFormat()
	}
	l.pos++
	if found {
		return placeholder
	}
	return kept
}

// isOperator tells PostgreSQL's operators ?, ?| and ?& on documents from placeholders, which no string follows directly.
func (l *lexer) isOperator() bool {
	switch l.at(l.pos + 1) {
	case '|':
		return l.at(l.pos+2) != '|'
	case '&':
		return true
	default:
		return l.follows(l.pos+1) == '\''
	}
}

// isNamedFormat finds %(name)s.
func (l *lexer) isNamedFormat() bool {
	rest := l.text[l.pos:]
	i := strings.IndexByte(rest, ')')
	return i > 0 && i+1 < len(rest) && rest[i+1] == 's'
}
