package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/tracezip"
)

type inspectFlags struct {
	batch      int
	order      string
	dictionary bool
	top        int
	format     string
	encoding   bool // one of batch, order and dictionary was given
}

// newInspect is `otelcol-plus zip inspect`.
func newInspect() *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect FILE...|-",
		Short: "Tell what spans spend their bytes on",
		Long: `Tell what spans spend their bytes on as tracezip frames: by part of the frame, attribute key and service, and which
attribute keys are worth dropping.

A FILE (- is standard input) is a recording of OTLP trace requests, as "replay" takes it (the collector's file exporter writes
them), or one frame. A recording is encoded as the otlpzip exporter would; other signals in it are left out. The keys worth
dropping are then measured: the spans are encoded again without each of them, one at a time, so savings do not add up. Of a
single frame they are estimated, as are the other tables: what keys share is charged to the first of them. A number after ~
is an estimate too. --batch, --order and --dictionary are for recordings.

The format json has the fields of the tables under stable names; bytes are of all frames together.

Exit status: 0, or 1 when an input cannot be read, or 2 when the command line is wrong.`,
		Args:         usageArgs(cobra.MinimumNArgs(1)),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := f.check(); err != nil {
				return usageError{err}
			}
			for _, name := range []string{"batch", "order", "dictionary"} {
				f.encoding = f.encoding || cmd.Flags().Changed(name)
			}
			return inspect(cmd, f, files)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cmd.Flags().IntVar(&f.batch, "batch", 1000, "spans in a frame; 0 = as recorded")
	cmd.Flags().StringVar(&f.order, "order", "exact", "exact or grouped, as the exporter's zip::order")
	cmd.Flags().BoolVar(&f.dictionary, "dictionary", false, "use dictionaries, as the exporter does towards one peer")
	cmd.Flags().IntVar(&f.top, "top", 10, "rows of a table")
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	return cmd
}

func (f *inspectFlags) check() error {
	switch {
	case f.batch < 0:
		return fmt.Errorf("--batch: %d is negative", f.batch)
	case f.top < 1:
		return fmt.Errorf("--top: %d is not positive", f.top)
	case f.order != "exact" && f.order != "grouped":
		return fmt.Errorf("--order: %q is neither exact nor grouped", f.order)
	case f.format != "text" && f.format != "json":
		return fmt.Errorf("--format: %q is neither text nor json", f.format)
	}
	return nil
}

// inspection is what is known of all inputs together. The JSON names are stable.
type inspection struct {
	*tracezip.Report
	// OTLPBytes and OTLPZstdBytes are the same spans in the same batches as OTLP protobuf, plain and with zstd.
	OTLPBytes     int64 `json:"otlp_bytes"`
	OTLPZstdBytes int64 `json:"otlp_zstd_bytes"`
	// NoDictionaryBytes are frames of the same batches without dictionaries; only there with --dictionary.
	NoDictionaryBytes int64 `json:"no_dictionary_bytes,omitempty"`
	// Drop are the attribute keys without which the frames are smallest, one at a time.
	Drop []dropped `json:"drop"`
	// MeasuredSpans is how many spans Drop was measured with; 0 when it is estimated.
	MeasuredSpans int `json:"measured_spans"`
}

func inspect(cmd *cobra.Command, f inspectFlags, files []string) error {
	in := newInspecting(f)
	for _, path := range files {
		if err := in.file(cmd.InOrStdin(), path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	result, err := in.result()
	if err != nil {
		return err
	}
	if f.format == "json" {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(result)
	}
	return printInspection(cmd.OutOrStdout(), result, f.top)
}

// Frames of recordings may be larger than what travels.
var inspectLimits = tracezip.Limits{MaxFrameBytes: 128 << 20, MaxDecodedBytes: 1 << 30}

// inspecting adds up inputs.
type inspecting struct {
	flags     inspectFlags
	inspector *tracezip.Inspector
	dicts     recentDictionaries
	wire      *wire
	sizes     otlpSizes
	kept      keptBatches
	frames    bool            // an input was a frame
	others    otlpfile.Signal // what was left out last

	plain      *wire // the same without dictionaries, when there are some
	plainBytes int64
}

func newInspecting(f inspectFlags) *inspecting {
	in := &inspecting{flags: f, inspector: tracezip.NewInspector(inspectLimits), wire: newWire(f)}
	if f.dictionary {
		f.dictionary = false
		in.plain = newWire(f)
	}
	return in
}

func (in *inspecting) file(stdin io.Reader, path string) error {
	source := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return errors.Unwrap(err) // without the path, which the caller adds
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return errors.New("is a directory, not a recording or a frame")
		}
		source = file
	}
	r := bufio.NewReader(source)
	if magic, _ := r.Peek(len(frameMagic)); string(magic) == frameMagic {
		return in.frame(r)
	}
	return in.recording(r)
}

// frameMagic begins every frame. In a recording these bytes would announce a request that begins with "R", which no protobuf does.
const frameMagic = "TRZ\xf1"

func (in *inspecting) frame(r io.Reader) error {
	frame, err := io.ReadAll(io.LimitReader(r, int64(inspectLimits.MaxFrameBytes)+1))
	if err != nil {
		return err
	}
	in.frames = true
	if in.flags.encoding {
		return usageError{errors.New("is a frame, which is encoded already: --batch, --order and --dictionary are for recordings")}
	}
	if err := in.inspector.Add(frame, &in.dicts); err != nil {
		if errors.Is(err, tracezip.ErrDictionary) {
			return fmt.Errorf("%w: inspect a frame that brings its dictionary along, or a recording with --dictionary", err)
		}
		if bytes.Contains(frame[1:], []byte(frameMagic)) {
			return fmt.Errorf("%w: are these several frames? Give one frame per file", err)
		}
		return err
	}
	td, err := tracezip.NewDecoder(inspectLimits).DecodeWith(frame, &in.dicts)
	if err != nil {
		return err
	}
	return in.sizes.add(td)
}

func (in *inspecting) recording(r io.Reader) error {
	requests, err := otlpfile.NewReader(r)
	if err != nil {
		return err
	}
	defer requests.Close()
	cut := batcher{size: in.flags.batch, emit: in.batch}
	var u ptrace.ProtoUnmarshaler
	for n := 1; ; n++ {
		request, err := requests.Next()
		if errors.Is(err, io.EOF) {
			return cut.flush()
		}
		if err != nil {
			return err
		}
		if signal := requests.Signal(); signal != "" && signal != otlpfile.Traces {
			in.others = signal
			continue
		}
		td, err := u.UnmarshalTraces(request)
		if err != nil {
			if is := otlpfile.Guess(request); is != "" {
				return fmt.Errorf("request %d: %w", n, notTraces(is))
			}
			return fmt.Errorf("request %d is not an OTLP trace request: %w", n, err)
		}
		if err := cut.add(td); err != nil {
			return err
		}
	}
}

func notTraces(is otlpfile.Signal) error {
	return fmt.Errorf("these are %s; zip inspect is for traces", is)
}

// batch encodes a batch of a recording and inspects the frame.
func (in *inspecting) batch(td ptrace.Traces) error {
	frame, err := in.wire.send(td)
	if err != nil {
		return fmt.Errorf("failed to encode %d spans: %w", td.SpanCount(), err)
	}
	if err := in.inspector.Add(frame, &in.dicts); err != nil {
		return fmt.Errorf("failed to inspect a frame of %d spans, try a smaller --batch: %w", td.SpanCount(), err)
	}
	if in.plain != nil {
		plain, err := in.plain.send(td)
		if err != nil {
			return fmt.Errorf("failed to encode %d spans: %w", td.SpanCount(), err)
		}
		in.plainBytes += int64(len(plain))
	}
	in.kept.add(td, len(frame))
	return in.sizes.add(td)
}

// recentDictionaries keeps the last few dictionaries that frames brought along.
type recentDictionaries []*tracezip.Dictionary

const maxRecentDictionaries = 4

func (r *recentDictionaries) Dictionary(id tracezip.DictionaryID) *tracezip.Dictionary {
	for _, d := range *r {
		if d.ID() == id {
			return d
		}
	}
	return nil
}

func (r *recentDictionaries) Define(d *tracezip.Dictionary) {
	if r.Dictionary(d.ID()) == nil {
		*r = append((*r)[max(0, len(*r)+1-maxRecentDictionaries):], d)
	}
}

// result makes the report.
func (in *inspecting) result() (*inspection, error) {
	r := &inspection{Report: in.inspector.Report(), OTLPBytes: in.sizes.plain, OTLPZstdBytes: in.sizes.zstd, NoDictionaryBytes: in.plainBytes}
	if r.Spans == 0 && in.others != "" {
		return nil, notTraces(in.others)
	}
	if r.Spans == 0 {
		return nil, errors.New("no spans in the input")
	}
	if in.frames {
		r.Drop = dropCandidates(r.Report, in.flags.top)
		return r, nil
	}
	r.MeasuredSpans = in.kept.spans
	drop, err := in.kept.measure(in.flags, dropCandidates(r.Report, 2*in.flags.top))
	r.Drop = drop[:min(len(drop), in.flags.top)]
	return r, err
}

// otlpSizes adds up what batches would be as OTLP.
type otlpSizes struct {
	plain, zstd int64
	compressor  *compressor
}

func (s *otlpSizes) add(td ptrace.Traces) error {
	var m ptrace.ProtoMarshaler
	raw, err := m.MarshalTraces(td)
	if err != nil {
		return err
	}
	if s.compressor == nil {
		if s.compressor, err = newCompressor(); err != nil {
			return err
		}
	}
	s.plain += int64(len(raw))
	s.zstd += int64(s.compressor.size(raw))
	return nil
}
