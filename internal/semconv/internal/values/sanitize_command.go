package values

// command cuts the commands of key-value stores: the first word is the command, what follows are its arguments. Line ends separate as
// spaces do: an argument may hold some, so that a line may begin inside one.
func (l *lexer) command() token {
	from := l.pos
	if isSpace(l.text[from]) {
		for l.pos < len(l.text) && isSpace(l.text[l.pos]) {
			l.pos++
		}
		return kept
	}
	first := !l.started
	l.started = true
	for l.pos < len(l.text) && !isSpace(l.text[l.pos]) {
		if c := l.text[l.pos]; c == '"' || c == '\'' {
			l.pos = quoteEnd(l.text, l.pos, c, true)
		} else {
			l.pos++
		}
	}
	switch word := l.text[from:l.pos]; {
	case word == "?":
		return placeholder
	case first && isCommand(word):
		return kept
	default:
		return literal
	}
}

func isCommand(word string) bool {
	for i := range len(word) {
		if c := word[i]; !isLetter(c) && !isDigit(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return isLetter(word[0])
}
