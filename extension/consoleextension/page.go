package consoleextension

import (
	_ "embed"
	"net/http"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/flame"
)

var (
	//go:embed web/index.html
	indexHTML string
	//go:embed web/style.css
	styleCSS string
	//go:embed web/app.js
	appJS string

	script = flame.Script + appJS

	// page is one self-contained document: style and script stand in it, and nothing is fetched from elsewhere.
	page = []byte(strings.NewReplacer("/*style*/", styleCSS, "/*script*/", script).Replace(indexHTML))

	// pageCSP allows this style and this script by their hashes, and requests to our own addresses. Whatever a name from
	// outside may contain, nothing else runs.
	pageCSP = "default-src 'none'; connect-src 'self'; img-src data:; " +
		"style-src '" + flame.SourceHash(styleCSS) + "'; script-src '" + flame.SourceHash(script) + "'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

func servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page)
}
