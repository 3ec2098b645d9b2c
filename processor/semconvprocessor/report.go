package semconvprocessor

import (
	"time"

	"go.uber.org/zap"
)

// maxReported is how many findings one report shows.
const maxReported = 20

// reportRow is a finding as the log shows it.
type reportRow struct {
	Rule      string `json:"rule"`
	Level     string `json:"level"`
	Attribute string `json:"attribute"`
	Service   string `json:"service"`
	Scope     string `json:"scope"`
	SDK       string `json:"sdk,omitempty"`
	Count     int64  `json:"count"`
	Message   string `json:"message"`
	Example   string `json:"example,omitempty"`
	Fix       string `json:"fix"`
	OptIn     string `json:"opt_in,omitempty"`
}

// reportService is a service as the log shows it.
type reportService struct {
	Service string  `json:"service"`
	Score   float64 `json:"score"`
	Items   int64   `json:"items"`
}

func newReportRow(key row, t *tally) reportRow {
	return reportRow{
		Rule: key.rule.String(), Level: key.level.String(), Attribute: key.attribute, Service: key.service, Scope: key.scope, SDK: t.sdk,
		Count: t.count, Message: t.message, Example: t.example, Fix: key.rule.Fix(), OptIn: optIn(t.area),
	}
}

// optIn is the environment variable that makes an SDK write the current names of an area, empty where there is none.
func optIn(area string) string {
	value := ""
	switch area {
	case "http", "net", "url", "server", "client", "network", "user_agent":
		value = "http"
	case "db":
		value = "database"
	case "rpc":
		value = "rpc"
	case "code":
		value = "code"
	default:
		return ""
	}
	return "OTEL_SEMCONV_STABILITY_OPT_IN=" + value
}

// reports writes a report every interval until the processor stops, and a last one then.
func (p *semconvProcessor) reports() {
	ticker := time.NewTicker(p.cfg.Report.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.report()
		case <-p.stop:
			p.report()
			return
		}
	}
}

// report writes one log record with everything since the last one. Intervals without telemetry have none.
func (p *semconvProcessor) report() {
	rows, services, others := p.table.take()
	if len(services) == 0 && len(rows) == 0 {
		return
	}
	shown := rows[:min(len(rows), maxReported)]
	p.logger.Info("Semantic conventions report", zap.String("event.name", "semconv.report"), zap.String("release", p.registry.Release),
		zap.Duration("interval", p.cfg.Report.Interval), zap.Any("services", services), zap.Any("findings", shown),
		zap.Int("more_findings", len(rows)-len(shown)), zap.Int64("findings_past_top", others))
}
