// Package selfmetrics reads what a collector says about itself on its Prometheus text endpoint, for the console and
// the command line.
//
// The same metric has several spellings, because the prefix and the suffixes depend on the collector's telemetry
// settings. For the counter exporter_otlpzip_wire_bytes these name one metric:
//
//	otelcol_exporter_otlpzip_wire_bytes   otelcol_exporter_otlpzip_wire_bytes_total   exporter_otlpzip_wire_bytes
//
// and so do otelcol_receiver_accepted_spans and otelcol_receiver_accepted_spans__spans__total, where the unit {spans}
// was written into the name, and otelcol_process_memory_rss and otelcol_process_memory_rss_bytes. A Snapshot is keyed by the shortest spelling.
package selfmetrics
