package semconvcheck

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// What is used of SARIF 2.1.0, the Static Analysis Results Interchange Format of OASIS.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string        `json:"id"`
		ShortDescription sarifText     `json:"shortDescription"`
		FullDescription  sarifText     `json:"fullDescription"`
		Help             sarifText     `json:"help"`
		Default          sarifDefaults `json:"defaultConfiguration"`
	}
	sarifDefaults struct {
		Enabled bool   `json:"enabled"`
		Level   string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID        string            `json:"ruleId"`
		RuleIndex     int               `json:"ruleIndex"`
		Level         string            `json:"level"`
		Message       sarifText         `json:"message"`
		Locations     []sarifLocation   `json:"locations"`
		Fingerprints  map[string]string `json:"partialFingerprints"`
		Occurrences   int64             `json:"occurrenceCount"`
		BaselineState string            `json:"baselineState,omitempty"`
		Properties    map[string]string `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name      string `json:"name"`
		Qualified string `json:"fullyQualifiedName"`
		Kind      string `json:"kind"`
	}
)

var sarifLevels = [...]string{semconv.Off: "none", semconv.Information: "note", semconv.Improvement: "warning", semconv.Violation: "error"}

// fingerprint is the name under which results are matched between runs. The number goes up when another recipe makes them.
const fingerprint = "semconvFinding/v1"

// writeSARIF writes what code scanning takes. A result is somewhere in a service and a scope; the physical location, without
// which code scanning shows nothing, is the first line of the input, as telemetry has no lines.
func writeSARIF(out io.Writer, r *report, version string) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{"otelcol-plus semconv check", version, sarifRules()}},
		Invocations: []sarifInvocation{{Successful: len(r.unreadable) == 0}},
		Results:     []sarifResult{},
		Properties:  map[string]any{"semanticConventions": r.release, "overflow": r.overflow},
	}
	for _, message := range r.errors() {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{"error", sarifText{Text: message}})
	}
	seen := map[identity]int{}
	for _, s := range r.byService() {
		for _, f := range s.fresh() {
			id := f.identity()
			seen[id]++
			run.Results = append(run.Results, r.result(f, seen[id]))
		}
	}
	return encode(out, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func sarifRules() []sarifRule {
	rules := make([]sarifRule, semconv.NumRules)
	for i := range rules {
		rule := semconv.Rule(i)
		rules[i] = sarifRule{
			ID: rule.String(), ShortDescription: sarifText{Text: strings.ReplaceAll(rule.String(), "_", " ")}, FullDescription: sarifText{Text: rule.About()},
			Help:    sarifText{Text: rule.About() + "\nFix: " + rule.Fix(), Markdown: rule.About() + "\n\n**Fix:** " + rule.Fix()},
			Default: sarifDefaults{rule.Level() != semconv.Off, sarifLevels[rule.Level()]},
		}
	}
	return rules
}

// result is the nth that is the same but for its message.
func (r *report) result(f *finding, nth int) sarifResult {
	service := (&service{name: f.service}).title()
	logical := []sarifLogical{{service, service, "module"}}
	if f.scope != "" {
		logical = append(logical, sarifLogical{f.scope, service + "/" + f.scope, "namespace"})
	}
	result := sarifResult{
		RuleID: f.rule.String(), RuleIndex: int(f.rule), Level: sarifLevels[f.level],
		Message:      sarifText{Text: fmt.Sprintf("%s (%d×, %s of %s)", f.message, f.count, strings.ReplaceAll(f.signal.String(), "_", " "), service)},
		Locations:    []sarifLocation{{sarifPhysical{sarifArtifact{artifactURI(f.input)}, sarifRegion{1}}, logical}},
		Fingerprints: map[string]string{fingerprint: f.fingerprint(nth)},
		Occurrences:  f.count,
		Properties:   map[string]string{},
	}
	if r.baseline != nil {
		result.BaselineState = "new"
	}
	for name, value := range map[string]string{
		"area": f.area, "attribute": f.name, "signal": f.signal.String(), "traceId": f.traceID, "spanId": f.spanID, "example": f.example,
	} {
		if value != "" {
			result.Properties[name] = value
		}
	}
	return result
}

func (f *finding) fingerprint(nth int) string {
	id := f.identity()
	sum := sha256.Sum256([]byte(strings.Join([]string{id.rule, id.signal, id.name, id.service, id.scope}, "\x00")))
	return fmt.Sprintf("%s:%d", hex.EncodeToString(sum[:16]), nth)
}

// artifactURI is the input as a relative or absolute URI.
func artifactURI(input string) string {
	switch {
	case input == "-":
		return "stdin"
	case !isFile(input):
		return input
	case filepath.IsAbs(input):
		return (&url.URL{Scheme: "file", Path: filepath.ToSlash(input)}).String()
	default:
		return (&url.URL{Path: filepath.ToSlash(filepath.Clean(input))}).String()
	}
}
