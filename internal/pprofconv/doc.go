// Package pprofconv turns OTLP profiles into pprof profiles.
//
// An OTLP request carries many small profiles, one per process and sample type, that share one dictionary. pprof wants
// one file per subject, so profiles of the same service and the same sample type become one:
//
//	OTLP                                      pprof
//	resource service.name=shop, pid 7         shop, samples/count
//	  profile samples/count                     sample main;f 3  process.pid=7
//	resource service.name=shop, pid 8           sample main;f 5  process.pid=8
//	  profile samples/count
//	resource service.name=shop, pid 8         shop, growth/bytes
//	  profile growth/bytes                      sample main;g 4096  process.pid=8
//
// What pprof has no place for is left out: the time of each single sample (a sample's values are added up), profile ids,
// scopes, and attributes of profiles, locations and mappings other than the build id.
package pprofconv
