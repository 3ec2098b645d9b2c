package walk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv"
)

// What real SDKs recorded holds several generations of the conventions. After one pass no old name is left that has a successor,
// but for those that a conflict keeps; and a second pass changes nothing. The committed samples are always read, the folder in
// OTELPLUS_DATA as well when there is one.
func TestRecordingsAreNormalised(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/sample.*.zst")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	if folder := os.Getenv("OTELPLUS_DATA"); folder != "" {
		more, err := filepath.Glob(filepath.Join(folder, "*.zst"))
		require.NoError(t, err)
		files = append(files, more...)
	} else {
		t.Log("SKIPPED: the recordings in OTELPLUS_DATA, which is not set; only the committed samples are read")
	}
	for _, file := range files {
		if otlpfile.SignalOf(file) == otlpfile.Profiles {
			continue // their tests are the processor's
		}
		t.Run(filepath.Base(file), func(t *testing.T) { normalise(t, file) })
	}
}

func normalise(t *testing.T, file string) {
	r, err := otlpfile.Open(file)
	require.NoError(t, err)
	defer r.Close()
	signal := otlpfile.SignalOf(file)
	before, after := map[string]int{}, map[string]int{}
	fixer := New(semconv.Default().NewWorker(semconv.Options{Redact: true}), Hooks{Found: tally(before)})
	observer := New(semconv.Default().NewWorker(semconv.Options{Observe: true, Redact: true}), Hooks{Found: tally(after)})
	for requests := 0; ; requests++ {
		request, err := r.Next()
		if errors.Is(err, io.EOF) {
			require.NotZero(t, requests)
			break
		}
		require.NoError(t, err)
		twice(t, signal, request, fixer, observer)
	}
	for finding, n := range after {
		rule, name, _ := strings.Cut(finding, " ")
		if rule == "deprecated_attribute" || rule == "deprecated_enum_value" || rule == "deprecated_metric" {
			require.LessOrEqual(t, n, after["conflict "+name]+after["unmapped_value "+name], "%s is left %d times", finding, n)
		}
	}
	if signal == otlpfile.Traces {
		require.NotEmpty(t, before)
	}
	t.Logf("before: %s", listed(before))
	t.Logf("after:  %s", listed(after))
}

// tally counts the findings that ask for a change: names without a successor where they stand ask for none.
func tally(into map[string]int) func(*At, *semconv.Finding) {
	return func(_ *At, f *semconv.Finding) {
		if f.Rule == semconv.DeprecatedAttribute && f.Detail == "" {
			return
		}
		into[f.Rule.String()+" "+f.Name]++
	}
}

func twice(t *testing.T, signal otlpfile.Signal, request []byte, fixer, observer *Walker) {
	switch signal {
	case otlpfile.Traces:
		req := ptraceotlp.NewExportRequest()
		require.NoError(t, req.UnmarshalProto(request))
		spans := req.Traces().SpanCount()
		fixer.Traces(req.Traces())
		require.Equal(t, spans, req.Traces().SpanCount())
		observer.Traces(req.Traces())
		once, err := req.MarshalProto()
		require.NoError(t, err)
		New(semconv.Default().NewWorker(semconv.Options{Redact: true}), Hooks{}).Traces(req.Traces())
		again, err := req.MarshalProto()
		require.NoError(t, err)
		require.Equal(t, once, again)
	case otlpfile.Metrics:
		req := pmetricotlp.NewExportRequest()
		require.NoError(t, req.UnmarshalProto(request))
		fixer.Metrics(req.Metrics())
		observer.Metrics(req.Metrics())
	case otlpfile.Logs:
		req := plogotlp.NewExportRequest()
		require.NoError(t, req.UnmarshalProto(request))
		fixer.Logs(req.Logs())
		observer.Logs(req.Logs())
	default:
		t.Fatal("unknown signal ", signal)
	}
}

func listed(findings map[string]int) string {
	var lines []string
	for finding, n := range findings {
		lines = append(lines, fmt.Sprintf("%s×%d", finding, n))
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}
