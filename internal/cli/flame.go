package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
	"github.com/spf13/cobra"

	"github.com/otelcol-plus/otelcol-plus/internal/flame"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofdir"
)

type flameFlags struct {
	output, kind, base, title string
}

// newFlame is `otelcol-plus flame`.
func newFlame() *cobra.Command {
	var f flameFlags
	cmd := &cobra.Command{
		Use:   "flame FILE",
		Short: "Draw a flame graph of a profile",
		Long: `Draw a flame graph of a profile, as a picture (SVG) or as a page to zoom and search (HTML). Either is one file that needs
nothing else.

A FILE (- is standard input) is anything that "profile convert" reads: pprof or OTLP. A frame is as wide as what was
measured in it and in what it called; the roots are on top. Its colour is the kind of code. Where there are several services,
the first frames are theirs. With --base, frames are red the more they grew since that profile, and blue the more they
shrank; values are compared as they are, so both should cover as much time.

Exit status: 0, or 1 when a file cannot be read or written, or 2 when the command line is wrong.`,
		Args:         usageArgs(cobra.ExactArgs(1)),
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, args[0])
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cmd.Flags().StringVarP(&f.output, "output", "o", "flame.html", "file to write, .svg or .html; - writes SVG to standard output")
	cmd.Flags().StringVar(&f.kind, "type", "", "sample type, as in inuse_space; default: the profile's own, or CPU, or the last")
	cmd.Flags().StringVar(&f.base, "base", "", "profile to compare with")
	cmd.Flags().StringVar(&f.title, "title", "", "what stands above; default: the file's name")
	return cmd
}

func (f *flameFlags) run(cmd *cobra.Command, path string) error {
	write := (*flame.Graph).WriteSVG
	switch {
	case strings.HasSuffix(f.output, ".html"), strings.HasSuffix(f.output, ".htm"):
		write = (*flame.Graph).WriteHTML
	case f.output != "-" && !strings.HasSuffix(f.output, ".svg"):
		return usageError{fmt.Errorf("--output: %q ends in neither .svg nor .html", f.output)}
	}
	p, at, err := f.read(cmd.InOrStdin(), path, f.kind)
	if err != nil {
		return err
	}
	t := pprofdir.NewTree()
	t.Kind = p.FrameType
	addServices(p.Profile, at, t.Add)
	if f.base != "" {
		base, baseAt, err := f.read(cmd.InOrStdin(), f.base, p.SampleType[at].Type)
		if err != nil {
			return err
		}
		addServices(base.Profile, baseAt, t.Compare)
	}
	root, hidden := flame.Draw(t.Root())
	if root.Total == 0 {
		return fmt.Errorf("%s: nothing was measured of the type %s; there are %s", path, p.SampleType[at].Type, typeNames(p.Profile))
	}
	root.Name = "all"
	g := &flame.Graph{
		Title: cmp.Or(f.title, filepath.Base(path)), Subtitle: subtitle(p.Profile, at, hidden), Root: root,
		Unit: p.SampleType[at].Unit, Compare: f.base != "",
	}
	if f.output == "-" {
		return write(g, cmd.OutOrStdout())
	}
	var b bytes.Buffer
	if err := write(g, &b); err != nil {
		return err
	}
	if err := os.WriteFile(f.output, b.Bytes(), 0o644); err != nil { //nolint:gosec // what profiles are is for their owner to say
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), f.output)
	return nil
}

// read reads a profile and chooses its sample type.
func (f *flameFlags) read(stdin io.Reader, path, kind string) (*pprofconv.Joined, int, error) {
	in, err := readProfiles(stdin, path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	p, err := in.joined()
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	at := sampleType(p.Profile, kind)
	if at < 0 {
		return nil, 0, fmt.Errorf("%s: there is no sample type %q; there are %s", path, kind, typeNames(p.Profile))
	}
	return p, at, nil
}

// sampleType finds the type of that name; without a name the profile's own, or CPU, or like pprof the last. It is -1 if
// there is none.
func sampleType(p *profile.Profile, kind string) int {
	wanted := []string{kind}
	if kind == "" {
		wanted = []string{p.DefaultSampleType, "cpu", "samples"}
	}
	for _, name := range wanted {
		if i := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return name != "" && t.Type == name }); i >= 0 {
			return i
		}
	}
	if kind != "" {
		return -1
	}
	return len(p.SampleType) - 1
}

func typeNames(p *profile.Profile) string {
	names := make([]string, 0, len(p.SampleType))
	for _, t := range p.SampleType {
		names = append(names, t.Type)
	}
	return strings.Join(names, ", ")
}

// addServices adds a profile to a tree; where it is of several services, under their names.
func addServices(p *profile.Profile, at int, add func(*profile.Profile, int, ...string)) {
	services := map[string]*profile.Profile{}
	for _, s := range p.Sample {
		name := strings.Join(s.Label["service.name"], ", ")
		if services[name] == nil {
			services[name] = &profile.Profile{}
		}
		services[name].Sample = append(services[name].Sample, s)
	}
	if len(services) == 1 {
		add(p, at)
		return
	}
	for name, part := range services {
		add(part, at, cmp.Or(name, "[no service]"))
	}
}

func subtitle(p *profile.Profile, at, hidden int) string {
	parts := []string{p.SampleType[at].Type + " in " + p.SampleType[at].Unit}
	if p.TimeNanos > 0 {
		parts = append(parts, time.Unix(0, p.TimeNanos).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if d := time.Duration(p.DurationNanos).Round(time.Millisecond); d > 0 {
		parts = append(parts, d.String())
	}
	if hidden > 0 {
		parts = append(parts, fmt.Sprintf("%d frames too small to show", hidden))
	}
	return strings.Join(parts, ", ")
}
