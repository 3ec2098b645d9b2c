package pprofexporter

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

const (
	minWindow = time.Second
	maxWindow = 24 * time.Hour
	// maxMaxFiles keeps the directory listable, and is what a listing looks at.
	maxMaxFiles     = 100_000
	maxMaxMegabytes = 1 << 20
)

// Config configures the exporter.
type Config struct {
	// Directory holds the files. It is created when missing, and must be this exporter's alone. Required.
	Directory string `mapstructure:"directory"`
	// MaxFiles bounds the number of files (default 500); the oldest are deleted.
	MaxFiles int `mapstructure:"max_files"`
	// MaxMegabytes bounds the size of all files together, in MiB (default 256); the oldest are deleted.
	MaxMegabytes int `mapstructure:"max_megabytes"`
	// Window is the time that one file covers (default 1m).
	Window time.Duration `mapstructure:"window"`

	// QueueConfig is the exporter's queue (default: 32 requests, one writer).
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	// RetryConfig says how long a request waits for a full disk (default: the collector's, five minutes).
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`
}

var _ component.Config = (*Config)(nil)

// Validate checks what can be known without touching the disk.
func (c *Config) Validate() error {
	var errs []error
	if c.Directory == "" {
		errs = append(errs, errors.New("`directory` is required"))
	}
	if c.MaxFiles < 1 || c.MaxFiles > maxMaxFiles {
		errs = append(errs, fmt.Errorf("`max_files` must be between 1 and %d, is %d", maxMaxFiles, c.MaxFiles))
	}
	if c.MaxMegabytes < 1 || c.MaxMegabytes > maxMaxMegabytes {
		errs = append(errs, fmt.Errorf("`max_megabytes` must be between 1 and %d, is %d", maxMaxMegabytes, c.MaxMegabytes))
	}
	if c.Window < minWindow || c.Window > maxWindow {
		errs = append(errs, fmt.Errorf("`window` must be between %s and %s, is %s", minWindow, maxWindow, c.Window))
	}
	return errors.Join(errs...)
}
