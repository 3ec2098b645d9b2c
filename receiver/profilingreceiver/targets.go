package profilingreceiver

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
)

// Target is an address at which a program serves its own profiles.
type Target struct {
	// ClientConfig is how it is reached: endpoint, timeout (default 10s, for CPU profiles in addition to their duration),
	// tls, auth, headers and so on. An endpoint without a path means /debug/pprof.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`

	// Service is the service.name of its profiles; empty, the default, means host:port.
	Service string `mapstructure:"service"`

	// Attributes are further attributes of the resource.
	Attributes map[string]string `mapstructure:"attributes"`

	// Profiles are names below the endpoint's path, or paths from the root that begin with /; default heap and allocs.
	Profiles []string `mapstructure:"profiles"`

	// Interval is the time between two pulls, 1s to 1h; default 60s.
	Interval time.Duration `mapstructure:"interval"`

	// CPUDuration is how long a CPU profile, the one called profile, takes; 1s up to the interval, default 10s.
	CPUDuration time.Duration `mapstructure:"cpu_duration"`

	// MaxBytes bounds a profile, as sent and decompressed, 1024 to 268435456; default 33554432.
	MaxBytes int `mapstructure:"max_bytes"`

	// prevent unkeyed literal initialization
	_ struct{}
}

const (
	defaultPath    = "/debug/pprof"
	minInterval    = time.Second
	maxInterval    = time.Hour
	minTargetBytes = 1 << 10
	maxTargetBytes = 256 << 20

	// cpuProfile is the profile that takes a time.
	cpuProfile = "profile"
)

func newDefaultTarget() Target {
	client := confighttp.NewDefaultClientConfig()
	client.Timeout = 10 * time.Second
	return Target{ClientConfig: client, Interval: time.Minute, CPUDuration: 10 * time.Second, MaxBytes: 32 << 20}
}

var _ confmap.Unmarshaler = (*Target)(nil)

// clientKeys are the client's keys without its way of decoding, which lets unknown keys pass.
type clientKeys confighttp.ClientConfig

// Unmarshal starts from the defaults and refuses keys that do not exist.
func (t *Target) Unmarshal(conf *confmap.Conf) error {
	var known struct {
		Client      clientKeys `mapstructure:",squash"`
		Service     any        `mapstructure:"service"`
		Attributes  any        `mapstructure:"attributes"`
		Profiles    any        `mapstructure:"profiles"`
		Interval    any        `mapstructure:"interval"`
		CPUDuration any        `mapstructure:"cpu_duration"`
		MaxBytes    any        `mapstructure:"max_bytes"`
	}
	if err := conf.Unmarshal(&known); err != nil {
		return err
	}
	*t = newDefaultTarget()
	return conf.Unmarshal(t)
}

// Validate checks what can be known without asking the target.
func (t *Target) Validate() error {
	var errs []error
	if u, err := url.Parse(t.ClientConfig.Endpoint); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" {
		errs = append(errs, fmt.Errorf("endpoint: %q is no address such as http://127.0.0.1:6060", t.ClientConfig.Endpoint))
	}
	for _, name := range t.Profiles {
		if _, err := url.Parse(name); err != nil || strings.Trim(name, "/") == "" || strings.Contains(name, "..") || name == "trace" {
			errs = append(errs, fmt.Errorf("profiles: %q is no name of a profile", name))
		}
	}
	if t.ClientConfig.Timeout <= 0 {
		errs = append(errs, errors.New("timeout: a target needs one"))
	}
	if t.Interval < minInterval || t.Interval > maxInterval {
		errs = append(errs, fmt.Errorf("interval: %s is outside %s to %s", t.Interval, minInterval, maxInterval))
	}
	if t.CPUDuration < time.Second || t.CPUDuration > t.Interval {
		errs = append(errs, fmt.Errorf("cpu_duration: %s is outside 1s to the interval, %s", t.CPUDuration, t.Interval))
	}
	if t.MaxBytes < minTargetBytes || t.MaxBytes > maxTargetBytes {
		errs = append(errs, fmt.Errorf("max_bytes: %d is outside %d to %d", t.MaxBytes, minTargetBytes, maxTargetBytes))
	}
	return errors.Join(errs...)
}

// profiles are the names of what to pull.
func (t *Target) profiles() []string {
	if len(t.Profiles) == 0 {
		return []string{"heap", "allocs"}
	}
	return t.Profiles
}

// address is where a profile is.
func (t *Target) address(name string) string {
	u, _ := url.Parse(t.ClientConfig.Endpoint) // Validate has
	path, query, _ := strings.Cut(name, "?")
	switch {
	case strings.HasPrefix(path, "/"):
		u.Path = path
	case strings.Trim(u.Path, "/") == "":
		u.Path = defaultPath + "/" + path
	default:
		u.Path = strings.TrimSuffix(u.Path, "/") + "/" + path
	}
	u.RawQuery = query
	if name == cpuProfile {
		u.RawQuery = fmt.Sprintf("seconds=%d", int(t.CPUDuration.Seconds()))
	}
	return u.String()
}

// instance is the host and port.
func (t *Target) instance() string {
	u, _ := url.Parse(t.ClientConfig.Endpoint)
	return u.Host
}
