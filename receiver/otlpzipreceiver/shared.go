package otlpzipreceiver

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/receiver"
)

// receivers holds the receiver of each configuration: the pipelines of all signals share one set of servers. A
// receiver leaves the set when it is shut down.
var receivers = receiverSet{byConfig: map[*Config]*sharedReceiver{}}

type receiverSet struct {
	mu       sync.Mutex
	byConfig map[*Config]*sharedReceiver
}

func (s *receiverSet) get(cfg *Config, set receiver.Settings) (*sharedReceiver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.byConfig[cfg]; ok {
		return r, nil
	}
	r, err := newReceiver(cfg, set)
	if err != nil {
		return nil, err
	}
	shared := &sharedReceiver{otlpzipReceiver: r, set: s}
	s.byConfig[cfg] = shared
	return shared, nil
}

func (s *receiverSet) remove(cfg *Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byConfig, cfg)
}

// sharedReceiver starts and stops the receiver once, however many pipelines ask, and passes its status to all of them.
type sharedReceiver struct {
	*otlpzipReceiver
	set *receiverSet

	startOnce, stopOnce sync.Once
	startErr            error

	mu    sync.Mutex
	hosts []component.Host
	last  *componentstatus.Event
}

// Start starts the servers for the first pipeline that asks.
func (s *sharedReceiver) Start(ctx context.Context, host component.Host) error {
	s.addHost(host)
	s.startOnce.Do(func() { s.startErr = s.start(ctx, host, s.report) })
	return s.startErr
}

// Shutdown stops the servers for the first pipeline that asks.
func (s *sharedReceiver) Shutdown(ctx context.Context) error {
	var err error
	s.stopOnce.Do(func() {
		err = s.shutdown(ctx)
		s.set.remove(s.config)
	})
	return err
}

func (s *sharedReceiver) addHost(host component.Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts = append(s.hosts, host)
	if s.last != nil {
		componentstatus.ReportStatus(host, s.last)
	}
}

func (s *sharedReceiver) report(event *componentstatus.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = event
	for _, host := range s.hosts {
		componentstatus.ReportStatus(host, event)
	}
}
