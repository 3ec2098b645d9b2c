package values

import "strings"

// statement cuts SQL and its relatives. Comments, identifiers and quoted identifiers are kept. A literal or quoted identifier that does
// not end, as in a text that was cut, reaches to the end of the text and counts as a literal.
func (l *lexer) statement() token {
	from, c := l.pos, l.text[l.pos]
	switch {
	case isIdentStart(c):
		return l.word()
	case isDigit(c) || c == '.' && isDigit(l.at(from+1)) && !l.afterName():
		l.pos++
		l.number()
		return literal
	}
	switch c {
	case '\'':
		return l.quoted(c, l.dialect.backslashes, literal)
	case '"':
		if l.dialect.doubleQuotes {
			return l.quoted(c, l.dialect.backslashes, literal)
		}
		return l.quoted(c, false, kept)
	case '`':
		return l.quoted(c, false, kept)
	case '[':
		if l.dialect.brackets {
			return l.quoted(']', false, kept)
		}
	case '-', '/', '#':
		if l.comment(c) {
			return kept
		}
	case '$':
		return l.dollar()
	case '?', ':', '@', '%':
		return l.marker(c)
	}
	l.pos++
	return kept
}

func isIdentStart(c byte) bool { return isLetter(c) || c == '_' || c >= 0x80 }

func isIdent(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }

// afterName says that a name, quoted or not, ends right before pos.
func (l *lexer) afterName() bool {
	switch c := l.at(l.pos - 1); c {
	case '"', '`', ']', ')':
		return true
	default:
		return isIdent(c)
	}
}

// word is a name or a keyword, or the prefix of a literal: N'x', E'x', X'1F', B'01', U&'x', _utf8'x', q'[x]'.
func (l *lexer) word() token {
	from := l.pos
	for l.pos < len(l.text) && isIdent(l.text[l.pos]) {
		l.pos++
	}
	name := l.text[from:l.pos]
	switch c := l.at(l.pos); {
	case c == '\'' && (foldEqual(name, "q") || foldEqual(name, "nq")):
		l.alternativeQuotes()
		return literal
	case (c == '\'' || c == '"' && l.dialect.doubleQuotes) && isLiteralPrefix(name):
		return l.quoted(c, l.dialect.backslashes || foldEqual(name, "e"), literal)
	case c == '&' && l.at(l.pos+1) == '\'' && foldEqual(name, "u"):
		l.pos++
		return l.quoted('\'', l.dialect.backslashes, literal)
	case (isSpace(c)) && l.follows(l.pos) == '@' && (foldEqual(name, "declare") || foldEqual(name, "set")):
		l.locals = true
	}
	return kept
}

func isLiteralPrefix(name string) bool {
	switch {
	case name[0] == '_':
		return true // a character set
	case len(name) == 1:
		return strings.IndexByte("nebxrNEBXR", name[0]) >= 0
	default:
		return foldEqual(name, "br") || foldEqual(name, "rb")
	}
}

// quoted moves over quoted text. What does not end is a literal, whatever it was to be.
func (l *lexer) quoted(quote byte, backslash bool, t token) token {
	end, closed := sqlQuoteEnd(l.text, l.pos, quote, backslash)
	l.pos = end
	if !closed {
		return literal
	}
	return t
}

// sqlQuoteEnd is the place after the text that is quoted from start on. A doubled quote stands for itself.
func sqlQuoteEnd(s string, start int, quote byte, backslash bool) (end int, closed bool) {
	for i := start + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && backslash:
			i++
		case s[i] != quote:
		case i+1 < len(s) && s[i+1] == quote:
			i++
		default:
			return i + 1, true
		}
	}
	return len(s), false
}

// alternativeQuotes moves over Oracle's q'[it's]': the character after the quote chooses what ends the string.
func (l *lexer) alternativeQuotes() {
	closing := l.at(l.pos + 1)
	if i := strings.IndexByte("[{(<", closing); i >= 0 {
		closing = "]})>"[i]
	}
	for i := l.pos + 2; i+1 < len(l.text); i++ {
		if l.text[i] == closing && l.text[i+1] == '\'' {
			l.pos = i + 2
			return
		}
	}
	l.pos = len(l.text)
}

// number moves over the rest of a number, also 0x1F, 1e-5, 1_000, 5m, and over a name that begins with a digit.
func (l *lexer) number() {
	decimal := true
	for ; l.pos < len(l.text); l.pos++ {
		switch c := l.text[l.pos]; {
		case isDigit(c) || c == '.' || c == '_':
		case (c == 'e' || c == 'E') && decimal && (l.at(l.pos+1) == '-' || l.at(l.pos+1) == '+') && isDigit(l.at(l.pos+2)):
			l.pos++
			decimal = false
		case isLetter(c) || c >= 0x80:
			decimal = false
		default:
			return
		}
	}
}

// comment moves over a comment if one begins here. MySQL runs what is in /*! */, so that is no comment.
func (l *lexer) comment(c byte) bool {
	second := l.at(l.pos + 1)
	switch {
	case c == '#' && l.dialect.hashComments:
	case c == '-' && second == '-' && (!l.dialect.hashComments || l.pos+2 == len(l.text) || l.at(l.pos+2) <= ' '):
	case c == '/' && second == '*' && l.at(l.pos+2) == '!':
		l.pos += len("/*!")
		for isDigit(l.at(l.pos)) {
			l.pos++ // the version from which on it runs
		}
		return true
	case c == '/' && second == '*':
		if i := strings.Index(l.text[l.pos+2:], "*/"); i >= 0 {
			l.pos += i + 4
		} else {
			l.pos = len(l.text)
		}
		return true
	default:
		return false
	}
	if i := strings.IndexByte(l.text[l.pos:], '\n'); i >= 0 {
		l.pos += i + 1
	} else {
		l.pos = len(l.text)
	}
	return true
}

// dollar is $1, $name where that is a placeholder, or a string as in $$it's$$ and $tag$it's$tag$.
func (l *lexer) dollar() token {
	from := l.pos
	l.pos++
	if isDigit(l.at(l.pos)) {
		return placeholder
	}
	end := l.pos
	for end < len(l.text) && l.text[end] != '$' && isIdent(l.text[end]) {
		end++
	}
	switch {
	case l.dialect.dollarQuotes && l.at(end) == '$':
		tag := l.text[from : end+1]
		if i := strings.Index(l.text[end+1:], tag); i >= 0 {
			l.pos = end + 1 + i + len(tag)
		} else {
			l.pos = len(l.text)
		}
		return literal
	case l.dialect.dollarNames && end > l.pos:
		return placeholder
	}
	return kept
}
