package values

import "strings"

// SanitizeQuery replaces the literals of a query by question marks. system is the value of db.system.name, or of db.system before it;
// it says which language the text is in. A text that holds placeholders already is parameterized and left alone, as the conventions
// ask.
//
//	SELECT * FROM users WHERE name = 'Ann' LIMIT 10   ->  SELECT * FROM users WHERE name = ? LIMIT ?
//	{"find": "users", "filter": {"name": "Ann"}}      ->  {"find": ?, "filter": {"name": ?}}
//	SET user:1 Ann                                    ->  SET ? ?
func SanitizeQuery(text, system string) (out string, changed bool) {
	l := lexer{text: text}
	switch system {
	case "redis", "valkey", "memcached":
		l.form = commands
	case "mongodb", "elasticsearch", "opensearch", "couchdb":
		l.form = documents
	default:
		l.dialect = dialectOf(system)
		if looksLikeJSON(text) {
			l.form = documents
		}
	}
	return l.sanitize()
}

// looksLikeJSON finds the document queries of systems that are also asked in SQL: no statement begins with a brace and a quote. The
// question mark is what takes the place of a document that was cut in its first key.
func looksLikeJSON(text string) bool {
	text, found := strings.CutPrefix(strings.TrimLeft(text, " \t\r\n["), "{")
	text = strings.TrimLeft(text, " \t\r\n")
	return found && text != "" && (text[0] == '"' || text[0] == '?')
}

// token is what a piece of a query is to SanitizeQuery.
type token uint8

const (
	kept token = iota
	literal
	placeholder
)

// form is the grammar of a query, as far as literals go.
type form uint8

const (
	statements form = iota
	documents
	commands
)

// lexer cuts a query into tokens. What the forms have to remember between tokens is small enough to share.
type lexer struct {
	text    string
	pos     int
	form    form
	dialect dialect
	locals  bool // the statement declares variables, so names with an at sign are no placeholders
	started bool // the first of the commands was seen
	depth   int  // of brackets, in documents
}

// next moves pos over one token, of one byte at least.
func (l *lexer) next() token {
	switch l.form {
	case documents:
		return l.document()
	case commands:
		return l.command()
	default:
		return l.statement()
	}
}

func (l lexer) sanitize() (string, bool) {
	literals, size, start := 0, len(l.text), l
	for l.pos < len(l.text) {
		from := l.pos
		switch l.next() {
		case placeholder:
			return l.text, false
		case literal:
			literals++
			size -= l.pos - from - 1
		}
	}
	if literals == 0 {
		return l.text, false
	}
	var b strings.Builder
	b.Grow(size)
	l = start
	done := 0
	for l.pos < len(l.text) {
		from := l.pos
		if l.next() == literal {
			b.WriteString(l.text[done:from])
			b.WriteByte('?')
			done = l.pos
		}
	}
	b.WriteString(l.text[done:])
	return b.String(), true
}

// at is the byte at a place, 0 outside the text.
func (l *lexer) at(i int) byte {
	if uint(i) < uint(len(l.text)) {
		return l.text[i]
	}
	return 0
}
