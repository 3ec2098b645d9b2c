package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
)

// before121 are the published schema files before the first release that the registry lists.
var before121 = []string{
	"1.4.0", "1.5.0", "1.6.1", "1.7.0", "1.8.0", "1.9.0", "1.10.0", "1.11.0", "1.12.0", "1.13.0", "1.14.0", "1.15.0", "1.16.0",
	"1.17.0", "1.18.0", "1.19.0", "1.20.0",
}

// schemaFile writes the schema file of the registry's release in format 1.1.0, from the changes that the registry lists. All changes
// of one version and section that rename attributes without a condition are one block; the published file has more blocks, each of
// which costs the schema processor another pass.
func (r *registry) schemaFile(family string) string {
	versions := slices.Clone(before121)
	for _, v := range r.Releases {
		versions = append(versions, v.Version)
	}
	slices.Reverse(versions)
	var b strings.Builder
	fmt.Fprintf(&b, "file_format: 1.1.0\nschema_url: %s%s\nversions:\n", family, r.Release)
	for _, v := range versions {
		fmt.Fprintf(&b, "  %s:\n", v)
		for _, section := range []string{"all", "resources", "spans", "metrics"} {
			blocks := r.blocks(v, section)
			if len(blocks) == 0 {
				continue
			}
			fmt.Fprintf(&b, "    %s:\n      changes:\n", section)
			for _, block := range blocks {
				block.write(&b)
			}
		}
	}
	return b.String()
}

// block is one change of a schema file.
type block struct {
	kind    string
	metrics []string
	pairs   [][2]string
}

func (r *registry) blocks(version, section string) []block {
	var out []block
	for _, c := range r.Renames.Changes {
		if c.Version != version || c.Section != section || c.Withdrawn != "" {
			continue
		}
		if last := len(out) - 1; last >= 0 && out[last].kind == c.Kind && slices.Equal(out[last].metrics, c.OnlyMetrics) {
			out[last].pairs = append(out[last].pairs, [2]string{c.From, c.To})
			continue
		}
		out = append(out, block{c.Kind, c.OnlyMetrics, [][2]string{{c.From, c.To}}})
	}
	return out
}

func (c block) write(b *strings.Builder) {
	indent := "            "
	if c.kind == "metric" {
		b.WriteString("        - rename_metrics:\n")
	} else {
		b.WriteString("        - rename_attributes:\n            attribute_map:\n")
		indent = "              "
	}
	for _, p := range c.pairs {
		fmt.Fprintf(b, "%s%s: %s\n", indent, p[0], p[1])
	}
	if len(c.metrics) > 0 {
		b.WriteString("            apply_to_metrics:\n")
		for _, m := range c.metrics {
			fmt.Fprintf(b, "              - %s\n", m)
		}
	}
}

// serveSchema serves the schema file on loopback and returns the URL of its family, with a slash at the end. The schema
// processor fetches it from there, as it would from the site of the conventions.
func (r *registry) serveSchema() (family string, stop func()) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/schemas/"+r.Release {
			http.NotFound(w, req)
			return
		}
		_, _ = w.Write([]byte(r.schemaFile(server.URL + "/schemas/")))
	}))
	return server.URL + "/schemas/", server.Close
}

// chain follows a name of a version of the conventions to what the schema file makes of it on items of the signal, and on
// points of the metric.
func (r *registry) chain(name, version string, s signal, metric string) string {
	for _, c := range r.Renames.Changes {
		applies := c.Section == "all" || c.Section == string(s) || c.Section == "spans" && s == traces
		if c.From == name && applies && later(c.Version, version) && c.Kind == "attribute" && c.Withdrawn == "" &&
			(len(c.OnlyMetrics) == 0 || slices.Contains(c.OnlyMetrics, metric)) {
			name = c.To
		}
	}
	return name
}

// inOrder compares changes by when a schema processor makes them.
func inOrder(a, b schemaChange) int {
	switch {
	case later(a.Version, b.Version):
		return 1
	case later(b.Version, a.Version):
		return -1
	case a.Section != b.Section && a.Section == "all":
		return -1
	case a.Section != b.Section && b.Section == "all":
		return 1
	default:
		return 0
	}
}

// later tells whether version a of the form 1.2.3 comes after b.
func later(a, b string) bool {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(left), len(right)) {
		x, _ := strconv.Atoi(left[i])
		y, _ := strconv.Atoi(right[i])
		if x != y {
			return x > y
		}
	}
	return false
}
