// Package semconvcheck is `otelcol-plus semconv check`: it leads the convention engine of the semconv processor through recorded
// or received telemetry and reports what it finds, for people, scripts and continuous integration.
//
// Findings that say the same of the same place are one line of the report with a count. What the command keeps in memory is
// bounded by the number of those, whatever the input.
package semconvcheck
