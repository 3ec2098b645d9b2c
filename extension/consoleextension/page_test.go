package consoleextension

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// void are the elements of the page that have no end tag.
var void = []string{"meta", "link", "input"}

func TestPageIsBalanced(t *testing.T) {
	var open []string
	for _, tag := range regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)[^>]*>`).FindAllStringSubmatch(indexHTML, -1) {
		switch {
		case slices.Contains(void, tag[2]):
		case tag[1] == "":
			open = append(open, tag[2])
		default:
			require.NotEmpty(t, open, tag[0])
			require.Equal(t, open[len(open)-1], tag[2])
			open = open[:len(open)-1]
		}
	}
	assert.Empty(t, open)
}

// What the script fills is in the page, once.
func TestScriptAndPageAgree(t *testing.T) {
	var ids []string
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(indexHTML, -1) {
		assert.NotContains(t, ids, m[1])
		ids = append(ids, m[1])
	}
	used := regexp.MustCompile(`(?:\$|fill|help)\('([^']+)'`).FindAllStringSubmatch(appJS, -1)
	require.NotEmpty(t, used)
	for _, m := range used {
		assert.Contains(t, ids, m[1])
	}
}
