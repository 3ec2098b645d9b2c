package semconvcheck

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// settings are what the flags say, checked.
type settings struct {
	registry              *semconv.Registry // loaded apart, it is an input
	format                func(out io.Writer, r *report, version string) error
	forPeople             bool // the format ends with the line that would otherwise go to standard error
	output, writeBaseline string
	failOn                semconv.Level
	maxFindings           int
	levels                []ruleLevels
	options               semconv.Options
	fix                   string
	grpc, http            string
	duration              time.Duration
}

// ruleLevels gives some rules a level.
type ruleLevels struct {
	rules []semconv.Rule
	level semconv.Level
}

// formats are the values of --format.
var formats = map[string]func(io.Writer, *report, string) error{
	"text":   writeText,
	"json":   writeJSON,
	"junit":  writeJUnit,
	"sarif":  writeSARIF,
	"github": writeGitHub,
}

func (f *flags) settings() (s settings, err error) {
	s = settings{
		format: formats[f.format], forPeople: f.format == "text" || f.format == "github", output: f.output, writeBaseline: f.writeBaseline,
		maxFindings: f.maxFindings, options: f.options, fix: f.fix, duration: f.duration,
	}
	switch {
	case s.format == nil:
		return s, fmt.Errorf("--format: %q is none of text, json, junit, sarif, github", f.format)
	case f.maxFindings < 1:
		return s, fmt.Errorf("--max-findings: %d is not positive", f.maxFindings)
	case f.options.MaxValueBytes < 0:
		return s, fmt.Errorf("--max-value-bytes: %d is negative", f.options.MaxValueBytes)
	case f.duration < 0:
		return s, fmt.Errorf("--for: %v is negative", f.duration)
	case f.fix == "-":
		return s, errors.New("--fix: give a file, standard output is for the report")
	}
	if s.failOn, err = parseFailOn(f.failOn); err != nil {
		return s, fmt.Errorf("--fail-on: %w", err)
	}
	if s.levels, err = parseRules(f.rules); err != nil {
		return s, fmt.Errorf("--rules: %w", err)
	}
	if f.listen != "" {
		s.grpc, s.http, err = addresses(f.listen, f.listenHTTP)
	}
	return s, err
}

func parseFailOn(name string) (semconv.Level, error) {
	if name == "never" {
		return never, nil
	}
	if level, err := semconv.ParseLevel(name); err == nil && level != semconv.Off {
		return level, nil
	}
	return 0, fmt.Errorf("%q is none of violation, improvement, information, never", name)
}

func parseRules(list []string) (levels []ruleLevels, err error) {
	for _, item := range list {
		name, level, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not rule=level", item)
		}
		var l ruleLevels
		if l.rules, err = semconv.ParseRules(strings.TrimSpace(name)); err != nil {
			return nil, err
		}
		if l.level, err = semconv.ParseLevel(strings.TrimSpace(level)); err != nil {
			return nil, err
		}
		levels = append(levels, l)
	}
	return levels, nil
}

// ruleset makes the rules that hold for every service. Of several levels for a rule the last one counts.
func (s *settings) ruleset(observe bool) *semconv.Ruleset {
	rs := s.registry.NewRuleset(observe)
	for _, l := range s.levels {
		s.registry.SetLevel(rs, l.rules, l.level, nil)
	}
	return rs
}

// addresses are where to listen for gRPC and for HTTP, "" for not at all.
func addresses(grpc, http string) (string, string, error) {
	host, port, err := splitPort(grpc)
	if err != nil {
		return "", "", fmt.Errorf("--listen: %w", err)
	}
	switch http {
	case "none":
		return grpc, "", nil
	case "":
		if port == 1<<16-1 {
			return "", "", errors.New("--listen-http: there is no port after 65535, give one or none")
		}
		if port != 0 {
			port++
		}
		return grpc, net.JoinHostPort(host, strconv.Itoa(port)), nil
	}
	if _, _, err := splitPort(http); err != nil {
		return "", "", fmt.Errorf("--listen-http: %w", err)
	}
	return grpc, http, nil
}

func splitPort(address string) (host string, port int, err error) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port, as in 127.0.0.1:4317", address)
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%q has no port between 0 and 65535", address)
	}
	return host, int(n), nil
}

// activeRules are those that can be found at all.
func (s *settings) activeRules() (active []semconv.Rule) {
	rs := s.ruleset(true)
	for rule := range semconv.NumRules {
		if rs.Wants(rule) {
			active = append(active, rule)
		}
	}
	return active
}
