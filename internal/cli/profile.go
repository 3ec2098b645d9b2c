package cli

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"

	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
)

// newProfile is `otelcol-plus profile`, the parent of what is about files with profiles.
func newProfile(settings otelcol.CollectorSettings) *cobra.Command {
	cmd := &cobra.Command{
		Use:          "profile",
		Short:        "Work with files that hold profiles",
		Args:         usageArgs(cobra.NoArgs),
		SilenceUsage: true,
		RunE:         func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConvert(settings.BuildInfo.Version))
	return cmd
}

// The formats that profile convert writes.
const (
	formatPprof = "pprof"
	formatOTLP  = "otlp"
	formatJSON  = "otlp-json"
)

// newConvert is `otelcol-plus profile convert`.
func newConvert(version string) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Turn pprof profiles into OTLP profiles and back",
		Long: `Turn pprof profiles into OTLP profiles and back, as far as the formats allow without loss. docs/profile-tools.md says
what cannot be kept.

IN (- is standard input) is recognised by its content: pprof as protobuf, the heap profiles of gperftools and of jemalloc as
text, one OTLP request as protobuf or JSON, or a recording of such requests; any of them plain or compressed with gzip or zstd.

OUT (- is standard output) is written in the format of --to. Without it the name decides: *.json is OTLP JSON, *.otlp,
*.otlp.pb and *.binpb are OTLP protobuf, *.pprof and *.pb are pprof; and when that says nothing either, it is the other
format than IN. A name that ends in .gz or .zst is compressed so; pprof is compressed with gzip always, but in *.zst.

pprof holds several processes in one file, as labels. An OUT that ends in / is a directory, which gets a pprof file for each
resource and scope of OTLP instead.

Exit status: 0, or 1 when IN cannot be read or OUT not be written, or 2 when the command line is wrong.`,
		Args:         usageArgs(cobra.ExactArgs(2)),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if to != "" && to != formatPprof && to != formatOTLP && to != formatJSON {
				return usageError{fmt.Errorf("--to: %q is none of pprof, otlp and otlp-json", to)}
			}
			in, err := readProfiles(cmd.InOrStdin(), args[0])
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if to == "" {
				to = formatOf(args[1], in)
			}
			return convert(cmd, in, to, args[1], version)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cmd.Flags().StringVar(&to, "to", "", "pprof, otlp or otlp-json; default: by the name of OUT")
	return cmd
}

// formatOf chooses the format from the name of the output.
func formatOf(name string, in *profileInput) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch {
	case strings.HasSuffix(name, ".json"):
		return formatJSON
	case strings.HasSuffix(name, ".otlp"), strings.HasSuffix(name, ".otlp.pb"), strings.HasSuffix(name, ".binpb"):
		return formatOTLP
	case strings.HasSuffix(name, ".pprof"), strings.HasSuffix(name, ".pb"), strings.HasSuffix(name, "/"), in.pprof == nil:
		return formatPprof
	}
	return formatOTLP
}

func convert(cmd *cobra.Command, in *profileInput, to, out, version string) error {
	if strings.HasSuffix(out, "/") {
		if to != formatPprof {
			return usageError{fmt.Errorf("a directory is for pprof; give a file for --to %s", to)}
		}
		return convertInto(in, out)
	}
	var data []byte
	var err error
	if to == formatPprof {
		p, err := in.joined()
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := p.WriteUncompressed(&b); err != nil {
			return err
		}
		data = b.Bytes()
	} else if data, err = in.marshal(to, version); err != nil {
		return err
	}
	if data, err = compressFor(out, to == formatPprof, data); err != nil {
		return err
	}
	if out == "-" {
		_, err = cmd.OutOrStdout().Write(data)
		return err
	}
	return os.WriteFile(out, data, 0o644) //nolint:gosec // what profiles are is for their owner to say
}

// compressFor compresses as the name of the file says; pprof files are in gzip unless it says otherwise.
func compressFor(name string, always bool, data []byte) ([]byte, error) {
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch {
	case strings.HasSuffix(name, ".zst"):
		w, err = zstd.NewWriter(&b)
	case strings.HasSuffix(name, ".gz"), always:
		w = gzip.NewWriter(&b)
	default:
		return data, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// convertInto writes a pprof file for each resource and scope.
func convertInto(in *profileInput, dir string) error {
	pd, err := in.asOTLP("")
	if err != nil {
		return err
	}
	profiles, err := pprofconv.Split(pd)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as above
		return err
	}
	for i, p := range profiles {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.pb.gz", i)), b.Bytes(), 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}

// conversionScope names the scope of what was no OTLP.
const conversionScope = "github.com/otelcol-plus/otelcol-plus/internal/pprofconv"

// asOTLP returns the input as one request.
func (in *profileInput) asOTLP(version string) (pprofile.Profiles, error) {
	if in.pprof == nil {
		return in.otlp, nil
	}
	e := pprofconv.NewEncoder(conversionScope, version)
	if err := e.Add(pcommon.NewMap(), in.pprof); err != nil {
		return pprofile.Profiles{}, err
	}
	return e.Profiles(), nil
}

func (in *profileInput) marshal(to, version string) ([]byte, error) {
	pd, err := in.asOTLP(version)
	if err != nil {
		return nil, err
	}
	if to == formatJSON {
		var m pprofile.JSONMarshaler
		data, err := m.MarshalProfiles(pd)
		return append(data, '\n'), err
	}
	var m pprofile.ProtoMarshaler
	return m.MarshalProfiles(pd)
}
