package consoleextension

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
)

var (
	//go:embed web/index.html
	indexHTML string
	//go:embed web/style.css
	styleCSS string
	//go:embed web/app.js
	appJS string

	// page is one self-contained document: style and script stand in it, and nothing is fetched from elsewhere.
	page = []byte(strings.NewReplacer("/*style*/", styleCSS, "/*script*/", appJS).Replace(indexHTML))

	// pageCSP allows this style and this script by their hashes, and requests to our own addresses. Whatever a name from
	// outside may contain, nothing else runs.
	pageCSP = "default-src 'none'; connect-src 'self'; img-src data:; " +
		"style-src '" + hash(styleCSS) + "'; script-src '" + hash(appJS) + "'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page)
}
