package semconvcheck

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// What test reports of most continuous integration understand: a suite for each service, a case for each rule that is on. A case
// fails when it has new findings at or above --fail-on; milder ones are its output.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string         `xml:"name,attr"`
		Classname string         `xml:"classname,attr"`
		Time      string         `xml:"time,attr"`
		Failure   *junitProblem  `xml:"failure"`
		Error     *junitProblem  `xml:"error"`
		Output    *junitMessages `xml:"system-out"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitMessages struct {
		Text string `xml:",chardata"`
	}
)

func writeJUnit(out io.Writer, r *report, _ string) error {
	doc := junitSuites{Name: "otelcol-plus semconv check"}
	for _, s := range r.byService() {
		doc.Suites = append(doc.Suites, r.suite(s))
	}
	if own := r.ownSuite(); len(own.Cases) > 0 {
		doc.Suites = append(doc.Suites, own)
	}
	for _, s := range doc.Suites {
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Errors += s.Errors
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

func (r *report) suite(s serviceReport) junitSuite {
	suite := newSuite(s.title())
	fresh := s.fresh()
	for _, rule := range r.active {
		var failing, milder []*finding
		for _, f := range fresh {
			switch {
			case f.rule != rule:
			case f.level >= r.failOn:
				failing = append(failing, f)
			default:
				milder = append(milder, f)
			}
		}
		c := junitCase{Name: rule.String(), Classname: suite.Name, Time: "0"}
		if len(failing) > 0 {
			c.Failure = &junitProblem{
				Message: fmt.Sprintf("%d× %s", failing[0].count, failing[0].message), Type: failing[0].level.String(), Text: junitText(failing, rule),
			}
			if more := len(failing) - 1; more > 0 {
				c.Failure.Message += fmt.Sprintf(", and %d more", more)
			}
		}
		if len(milder) > 0 {
			c.Output = &junitMessages{junitText(milder, rule)}
		}
		suite.add(c)
	}
	return suite
}

func newSuite(name string) junitSuite { return junitSuite{Name: name, Time: "0"} }

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
}

// ownSuite is about the run: what was not read, and failures that are not listed.
func (r *report) ownSuite() junitSuite {
	suite := newSuite("otelcol-plus semconv check")
	for _, message := range r.errors() {
		suite.add(junitCase{Name: "input", Classname: suite.Name, Time: "0", Error: &junitProblem{Message: message, Type: "unreadable"}})
	}
	if r.overflowFailing > 0 {
		message := amount(r.overflowFailing, "failing finding") + " not listed: --max-findings"
		suite.add(junitCase{Name: "max-findings", Classname: suite.Name, Time: "0", Failure: &junitProblem{Message: message, Type: "overflow"}})
	}
	return suite
}

func junitText(list []*finding, rule semconv.Rule) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s: %d× %s", f.level, f.count, f.message)
		if f.example != "" {
			fmt.Fprintf(&b, ", as %q", f.example)
		}
		fmt.Fprintf(&b, " (%s, first in %s)\n", f.place(), f.input)
	}
	fmt.Fprintf(&b, "fix: %s\n", rule.Fix())
	return b.String()
}
