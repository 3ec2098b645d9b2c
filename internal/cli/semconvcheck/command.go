package semconvcheck

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// flags are those of the command line, as they were given.
type flags struct {
	format, output          string
	failOn                  string
	maxFindings             int
	baseline, writeBaseline string
	registries              []string
	explain                 string
	fix                     string
	rules                   []string
	options                 semconv.Options
	listen, listenHTTP      string
	duration                time.Duration
}

// New is `otelcol-plus semconv check` of a binary of this version.
func New(version string) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "check FILE...|- | --listen HOST:PORT | --explain RULE",
		Short: "Check telemetry against the semantic conventions",
		Long: `Check telemetry against the OpenTelemetry semantic conventions, release ` + semconv.Release + `, with the engine of the semconv processor.

A FILE (- is standard input) is what the collector's file exporter writes, one OTLP request as JSON or protobuf, or protobuf
requests after uvarint lengths; plain or compressed with gzip or zstd. What it is and of which signal its content tells.
With --listen the command takes OTLP over gRPC and HTTP instead, for the time of --for or until Ctrl-C.

Findings that say the same of the same place are told once, with a count. A baseline is a list of findings that are known:
only others count and are shown.

Exit status:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  a wrong command line, or an output that cannot be written
  3  an input that cannot be read or holds no telemetry request; what could be read is reported`,
		SilenceUsage: true,
		Args:         func(_ *cobra.Command, files []string) error { return usage(f.checkArgs(files)) },
		RunE: func(cmd *cobra.Command, files []string) error {
			err := run(cmd, f, version, files)
			if errors.Is(err, errFindings) {
				cmd.SilenceErrors = true
			}
			return err
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	fs := cmd.Flags()
	fs.StringVar(&f.format, "format", "text", "text, json, junit, sarif or github")
	fs.StringVarP(&f.output, "output", "o", "", "write the report to this file instead of standard output")
	fs.StringVar(&f.failOn, "fail-on", "violation", "mildest level that fails: violation, improvement, information or never")
	fs.IntVar(&f.maxFindings, "max-findings", 10_000, "distinct findings in the report; more are only counted")
	fs.StringVar(&f.baseline, "baseline", "", "known findings, a file of --write-baseline or --format json")
	fs.StringVar(&f.writeBaseline, "write-baseline", "", "write all findings to this file, for --baseline")
	fs.StringSliceVar(&f.rules, "rules", nil, "levels as rule=level,…: off, information, improvement or violation; weaver's finding ids will do")
	fs.StringArrayVar(&f.registries, "registry", nil, "add a registry of your own, in the JSON form of the built-in one; may be repeated, the last one wins")
	fs.StringVar(&f.explain, "explain", "", "explain a rule and end")
	fs.StringVar(&f.fix, "fix", "", "write the telemetry to this file as the processor would put it right, in the encoding of FILE, and report what is left")
	fs.BoolVar(&f.options.Derive, "derive", false, "with --fix: fill in what other attributes tell, as the processor's derive")
	fs.BoolVar(&f.options.Redact, "redact", true, "with --fix: redact credentials, as the processor's redact")
	fs.BoolVar(&f.options.DropObsolete, "drop-obsolete", false, "with --fix: drop attributes that have no successor, as the processor's drop_obsolete")
	fs.BoolVar(&f.options.SanitizeQuery, "sanitize-query", false, "with --fix: replace literals in db.query.text, as the processor's sanitize_query")
	fs.IntVar(&f.options.MaxValueBytes, "max-value-bytes", 0, "texts of known attributes longer than this are findings and, with --fix, cut; 0 = any length will do")
	fs.StringVar(&f.listen, "listen", "", "take OTLP/gRPC at host:port; port 0 is a free one")
	fs.StringVar(&f.listenHTTP, "listen-http", "", "with --listen: take OTLP/HTTP at host:port, or none; default: the port after that of --listen")
	fs.DurationVar(&f.duration, "for", 0, "with --listen: how long; 0 = until Ctrl-C")
	return cmd
}

// checkArgs says whether there is something to do, and only one thing.
func (f *flags) checkArgs(files []string) error {
	switch {
	case f.explain != "" || f.listen != "":
		if len(files) > 0 {
			return errors.New("FILE, --listen and --explain exclude each other")
		}
		if f.explain != "" && f.listen != "" {
			return errors.New("--listen and --explain exclude each other")
		}
	case len(files) == 0:
		return errors.New("give a FILE, - for standard input, or --listen")
	}
	if f.listen == "" && (f.duration != 0 || f.listenHTTP != "") {
		return errors.New("--for and --listen-http are for --listen")
	}
	if f.fix != "" && len(files) != 1 {
		return errors.New("--fix takes exactly one FILE")
	}
	return nil
}

func run(cmd *cobra.Command, f flags, version string, files []string) error {
	if f.explain != "" {
		return explain(cmd.OutOrStdout(), f.explain)
	}
	s, err := f.settings()
	if err != nil {
		return usage(err)
	}
	if s.registry, err = semconv.Load(f.registries...); err != nil {
		return unreadable(fmt.Errorf("--registry: %w", err))
	}
	known, err := readBaseline(f.baseline)
	if err != nil {
		return unreadable(err)
	}
	r := newReport(s, known)
	c := newChecker(s, r)
	if f.listen != "" {
		err = c.listen(cmd.Context(), s, cmd.ErrOrStderr())
	} else {
		err = c.files(cmd.InOrStdin(), files)
	}
	if err != nil {
		return err
	}
	if err := s.write(cmd, r, version); err != nil {
		return usage(err)
	}
	switch {
	case len(r.unreadable) > 0:
		return unreadable(errors.Join(r.unreadable...))
	case r.failing > 0:
		return errFindings
	default:
		return nil
	}
}

// write writes the report and the baseline. Where the report is not what a person reads at once, standard error has its last line.
func (s *settings) write(cmd *cobra.Command, r *report, version string) error {
	if s.writeBaseline != "" {
		if err := writeFile(s.writeBaseline, r.writeBaseline); err != nil {
			return fmt.Errorf("--write-baseline: %w", err)
		}
	}
	print := func(out io.Writer) error { return s.format(out, r, version) }
	if s.output != "" {
		if err := writeFile(s.output, print); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
	} else if err := print(cmd.OutOrStdout()); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	if s.output != "" || !s.forPeople {
		fmt.Fprintln(cmd.ErrOrStderr(), r.lastLine())
	}
	return nil
}
