package semconvcheck

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// The formats of the same findings. Names in them have every character that some format escapes.
func TestFormats(t *testing.T) {
	for format, file := range map[string]string{"text": "shop.txt", "json": "shop.out.json", "junit": "shop.xml", "sarif": "shop.sarif", "github": "shop.github"} {
		t.Run(format, func(t *testing.T) {
			r := check(t, "--format", format, shop)
			assert.Equal(t, exitFindings, r.code)
			golden(t, file, r.stdout)
			if format != "text" && format != "github" {
				assert.Contains(t, r.stderr, "5 violations, 6 improvements", "standard error sums it up")
				assert.NotContains(t, r.stderr, "Error")
			} else {
				assert.Empty(t, r.stderr)
			}
		})
	}
}

// What the OASIS schema requires of what we write.
func TestSARIFHasWhatTheSchemaRequires(t *testing.T) {
	r := check(t, "--format", "sarif", shop, "testdata/none.json")
	require.Equal(t, exitUnreadable, r.code)
	var doc struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID   string
						Help struct{ Text string }
						Conf struct{ Level string } `json:"defaultConfiguration"`
					}
				}
			}
			Invocations []struct {
				Successful    *bool `json:"executionSuccessful"`
				Notifications []struct {
					Message struct{ Text string }
				} `json:"toolExecutionNotifications"`
			}
			Results []struct {
				RuleID              string
				RuleIndex           *int
				Level               string
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				OccurrenceCount     int
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	assert.Equal(t, "2.1.0", doc.Version)
	require.Len(t, doc.Runs, 1)
	run := doc.Runs[0]
	assert.NotEmpty(t, run.Tool.Driver.Name)
	require.Len(t, run.Invocations, 1)
	require.NotNil(t, run.Invocations[0].Successful)
	assert.False(t, *run.Invocations[0].Successful)
	require.Len(t, run.Invocations[0].Notifications, 1)
	assert.Contains(t, run.Invocations[0].Notifications[0].Message.Text, "none.json")
	rules, levels := run.Tool.Driver.Rules, []string{"none", "note", "warning", "error"}
	for i, rule := range rules {
		assert.Equal(t, semconv.Rule(i).String(), rule.ID)
		assert.NotEmpty(t, rule.Help.Text)
		assert.Contains(t, levels, rule.Conf.Level)
	}
	require.NotEmpty(t, run.Results)
	fingerprints := map[string]bool{}
	for _, result := range run.Results {
		require.NotNil(t, result.RuleIndex)
		assert.Equal(t, result.RuleID, rules[*result.RuleIndex].ID)
		assert.Contains(t, levels, result.Level)
		assert.NotEmpty(t, result.Message.Text)
		assert.Positive(t, result.OccurrenceCount)
		require.Len(t, result.Locations, 1)
		assert.Equal(t, shop, result.Locations[0].PhysicalLocation.ArtifactLocation.URI)
		assert.Equal(t, 1, result.Locations[0].PhysicalLocation.Region.StartLine)
		assert.NotEmpty(t, result.Locations[0].LogicalLocations)
		id := result.PartialFingerprints[fingerprint]
		assert.NotEmpty(t, id)
		assert.False(t, fingerprints[id], "one fingerprint for two results")
		fingerprints[id] = true
	}
}

// A result keeps its fingerprint when other findings come and go, and when levels are changed.
func TestFingerprintsAreStable(t *testing.T) {
	of := func(args ...string) map[string]string {
		var doc sarifLog
		require.NoError(t, json.Unmarshal([]byte(check(t, append(args, "--format", "sarif", shop)...).stdout), &doc))
		m := map[string]string{}
		for _, result := range doc.Runs[0].Results {
			m[result.Message.Text] = result.Fingerprints[fingerprint]
		}
		return m
	}
	all, some := of(), of("--rules", "deprecated=off,type_mismatch=information")
	assert.Less(t, len(some), len(all))
	for message, id := range some {
		assert.Equal(t, all[message], id)
	}
}

func TestArtifactURI(t *testing.T) {
	for input, want := range map[string]string{
		"-":                     "stdin",
		"otlp://127.0.0.1:4317": "otlp://127.0.0.1:4317",
		"./out/a b.json":        "out/a%20b.json",
		"/tmp/100%.json":        "file:///tmp/100%25.json",
		"a:b.json":              "./a:b.json",
	} {
		assert.Equal(t, want, artifactURI(input))
	}
}

// Both are read back by a parser that is not ours, from names with every special character.
func TestJUnitIsXML(t *testing.T) {
	r := check(t, "--format", "junit", shop, "testdata/none.json")
	var doc junitSuites
	require.NoError(t, xml.Unmarshal([]byte(r.stdout), &doc))
	names := map[string]junitSuite{}
	tests, failures, errs := 0, 0, 0
	for _, s := range doc.Suites {
		names[s.Name] = s
		tests, failures, errs = tests+s.Tests, failures+s.Failures, errs+s.Errors
		assert.Len(t, s.Cases, s.Tests)
	}
	assert.Equal(t, []int{doc.Tests, doc.Failures, doc.Errors}, []int{tests, failures, errs})
	assert.Contains(t, names, "50%, a:b <\"x\">&\n")
	assert.Equal(t, 1, names["otelcol-plus semconv check"].Errors)
	assert.Equal(t, 2, names["cart"].Failures)
	// A milder finding is told, and does not fail.
	for _, c := range names["mail"].Cases {
		assert.Nil(t, c.Failure)
		if c.Name == "deprecated_attribute" {
			require.NotNil(t, c.Output)
			assert.Contains(t, c.Output.Text, "peer.service is deprecated")
		}
	}
}

// A workflow command ends at the line, and its properties at a comma or a colon.
func TestGitHubCommands(t *testing.T) {
	r := check(t, "--format", "github", shop, "testdata/none.json")
	var titles []string
	last := ""
	for line := range strings.Lines(r.stdout) {
		if !strings.HasPrefix(line, "::") {
			last = line
			continue
		}
		command, text, ok := strings.Cut(strings.TrimPrefix(line, "::"), "::")
		require.True(t, ok, line)
		level, properties, _ := strings.Cut(command, " ")
		assert.Contains(t, []string{"error", "warning", "notice"}, level)
		assert.NotEmpty(t, strings.TrimSpace(text))
		for _, property := range strings.Split(properties, ",") {
			key, value, _ := strings.Cut(property, "=")
			assert.Contains(t, []string{"file", "title"}, key)
			assert.NotContains(t, value, ":")
			if key == "title" {
				titles = append(titles, value)
			}
		}
	}
	assert.Equal(t, "input not read", titles[0])
	assert.Contains(t, titles, "missing_required in 50%25%2C a%3Ab <\"x\">&%0A")
	assert.Contains(t, last, "FAILED")
}

func TestTextIsForTerminals(t *testing.T) {
	escape := strings.ReplaceAll(string(read(t, clean)), `"GET /cart"`, `"x"`)
	escape = strings.ReplaceAll(escape, `"cart"`, `"\u001b[31mcart\u202e"`)
	escape = strings.ReplaceAll(escape, `"intValue": "200"`, `"stringValue": "\u0007"`)
	r := checkStdin(t, []byte(escape))
	assert.Equal(t, exitFindings, r.code)
	assert.Contains(t, r.stdout, "type_mismatch")
	assert.NotContains(t, r.stdout, "\x1b")
	assert.NotContains(t, r.stdout, "\a")
	assert.NotContains(t, r.stdout, "\u202e")

	painted := text{colours: true}
	assert.Equal(t, "\x1b[31mviolation\x1b[0m", painted.paint(semconv.Violation, "violation"))
}

// More findings of a rule than a screen takes are cut in the text only.
func TestTextIsBounded(t *testing.T) {
	var spans []string
	for i := range 30 {
		spans = append(spans, fmt.Sprintf(`{"scope":{"name":"s%02d"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"x","kind":1,`+
			`"attributes":[{"key":"server.port","value":{"stringValue":"1"}}]}]}`, i))
	}
	request := []byte(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[` +
		strings.Join(spans, ",") + `]}]}`)
	r := checkStdin(t, request)
	assert.Equal(t, 20, strings.Count(r.stdout, "1× server.port"))
	assert.Contains(t, r.stdout, "… 10 more, which --format json lists")
	assert.Len(t, findings(t, checkStdin(t, request, "--format", "json")).Findings, 30)
}
