package pprofexporter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-plus/otelcol-plus/exporter/pprofexporter/internal/metadata"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
)

type pprofExporter struct {
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	self      metric.MeasurementOption
	now       func() time.Time

	mu      sync.Mutex
	store   *store
	windows *windows
	// stuck remembers that old files could not be deleted, which is logged once and not with every request.
	stuck bool
}

func newExporter(c *Config, set exporter.Settings) (*pprofExporter, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &pprofExporter{
		logger:    set.Logger,
		telemetry: telemetry,
		self:      metric.WithAttributeSet(attribute.NewSet(attribute.String("exporter", set.ID.String()))),
		now:       time.Now,
		store:     newStore(c),
		windows:   newWindows(c.Window),
	}, nil
}

// start takes stock of the directory. A directory that cannot be written is no reason for the other pipelines not to
// run: requests fail, are retried, and succeed once it is put right.
func (e *pprofExporter) start(ctx context.Context, _ component.Host) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.store.open(); err != nil {
		e.logger.Warn("The pprof directory cannot be used yet; profiles wait in the queue and are then refused",
			zap.String("directory", e.store.dir), zap.Error(err))
		return nil
	}
	e.trim(ctx)
	return nil
}

func (e *pprofExporter) shutdown(context.Context) error {
	e.telemetry.Shutdown()
	return nil
}

// pushProfiles returns nil when every sample is in a file that has its final name.
func (e *pprofExporter) pushProfiles(ctx context.Context, pd pprofile.Profiles) error {
	profiles, refused := pprofconv.FromOTLP(pd)
	if err := e.write(ctx, profiles); err != nil {
		e.telemetry.ExporterPprofWriteErrors.Add(ctx, 1, e.self)
		return err
	}
	if refused != nil {
		return consumererror.NewPermanent(fmt.Errorf("profiles that are not valid OTLP were refused: %w", refused))
	}
	return nil
}

// change is a window as it will be once its file is published.
type change struct {
	key     windowKey
	window  *window
	staged  staged
	samples int
}

// write adds the profiles to their windows: first all files are staged, then all are renamed. A failure while staging
// changes nothing, so that a retry counts no sample twice.
func (e *pprofExporter) write(ctx context.Context, profiles []pprofconv.Profile) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.store.open(); err != nil {
		return err
	}
	defer e.store.release()
	changes := make([]change, 0, len(profiles))
	for _, p := range profiles {
		c, err := e.prepare(p)
		if err != nil {
			for _, c := range changes {
				c.staged.discard()
			}
			return classify(err, e.store.dir)
		}
		changes = append(changes, c)
	}
	defer e.trim(ctx)
	for i, c := range changes {
		if err := e.store.publish(c.staged, c.window.name); err != nil {
			for _, rest := range changes[i+1:] {
				rest.staged.discard()
			}
			err = fmt.Errorf("write to %s: %w", e.store.dir, err)
			if i > 0 {
				// The first files are there: sending all of it again would count them twice.
				err = consumererror.NewPermanent(err)
			}
			return err
		}
		e.windows.put(c.key, c.window)
		e.telemetry.ExporterPprofBytesWritten.Add(ctx, c.staged.size, e.self)
		e.telemetry.ExporterPprofSamples.Add(ctx, int64(c.samples), e.self)
	}
	return nil
}

// prepare merges a profile with its window, if there is one with room, and stages the result.
func (e *pprofExporter) prepare(p pprofconv.Profile) (change, error) {
	now := e.now()
	c := change{key: e.windows.key(p, now), samples: p.Samples}
	c.window = &window{profile: p.Pprof, used: now}
	open := e.windows.open[c.key]
	if open != nil && len(open.profile.Sample)+len(p.Pprof.Sample) <= maxWindowSamples {
		merged, err := merge(open.profile, p)
		if err != nil {
			return c, consumererror.NewPermanent(err)
		}
		c.window.profile, c.window.name = merged, open.name
	} else {
		name, err := e.store.reserve(p.Service, p.Type, time.Unix(c.key.start, 0))
		if err != nil {
			return c, err
		}
		c.window.name = name
	}
	var err error
	c.staged, err = e.store.stage(c.window.profile)
	return c, err
}

func merge(open *profile.Profile, p pprofconv.Profile) (*profile.Profile, error) {
	if pprofconv.OfTheMoment(p.Type) {
		return pprofconv.Replace(open, p.Pprof)
	}
	return pprofconv.Merge(open, p.Pprof)
}

func (e *pprofExporter) trim(ctx context.Context) {
	e.windows.expire(e.now())
	deleted, err := e.store.trim()
	if err != nil && !e.stuck {
		e.logger.Warn("Old pprof files cannot be deleted; the directory is larger than it should be", zap.Error(err))
	}
	e.stuck = err != nil
	e.telemetry.ExporterPprofFilesDeleted.Add(ctx, int64(deleted), e.self)
	e.telemetry.ExporterPprofFiles.Record(ctx, int64(len(e.store.files)), e.self)
}

// classify tells what is worth a retry: disks fill and are emptied, a file that is too large stays so.
func classify(err error, dir string) error {
	err = fmt.Errorf("write to %s: %w", dir, err)
	if errors.Is(err, errFileTooLarge) || errors.Is(err, errNoName) {
		return consumererror.NewPermanent(err)
	}
	return err
}
