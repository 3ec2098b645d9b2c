package flame

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"strings"
)

var (
	// Script defines flameGraph, with which pages draw.
	//go:embed flame.js
	Script string

	//go:embed report.html
	reportHTML string
	//go:embed report.css
	reportCSS string
	//go:embed report.js
	reportJS string

	reportScript = Script + reportJS

	// reportCSP lets the page's own style and script run and nothing be fetched.
	reportCSP = "default-src 'none'; img-src data:; style-src '" + SourceHash(reportCSS) + "'; script-src '" + SourceHash(reportScript) + "'; base-uri 'none'; form-action 'none'"
)

// SourceHash is how a content security policy names a style or a script that stands in the page.
func SourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// WriteHTML writes a page that can be zoomed and searched, and needs no other file and no network.
func (g *Graph) WriteHTML(w io.Writer) error {
	data, err := json.Marshal(map[string]any{ // which writes < as \u003c: a name cannot end the script
		"root": g.Root, "total": g.Root.Total, "unit": g.Unit, "compare": g.Compare, "hues": hues, "legend": append([]string{}, g.kinds()...),
	})
	if err != nil {
		return err
	}
	_, err = strings.NewReplacer(
		"/*csp*/", reportCSP, "/*title*/", html.EscapeString(g.Title), "/*subtitle*/", html.EscapeString(g.Subtitle),
		"/*style*/", reportCSS, "/*script*/", reportScript, "/*data*/", string(data),
	).WriteString(w, reportHTML)
	return err
}
