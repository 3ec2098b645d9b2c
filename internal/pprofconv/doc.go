// Package pprofconv turns OTLP profiles into pprof profiles and back.
//
// # For people: FromOTLP
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
// # Without loss: Encoder, and Split or Join
//
// A pprof profile has several sample types where OTLP has a profile for each. They share a scope, whose attributes tell
// that they were one:
//
//	pprof                                     OTLP
//	alloc_space/bytes, inuse_space/bytes      resource process.pid=7
//	sample main;f 64, 0  pid=7                  scope pprof.scope.sample_type_order=[0 1]
//	sample main;g 32, 8  pid=7                    profile alloc_space: main;f 64, main;g 32
//	                                              profile inuse_space: main;g 8
//
// Every attribute pprof.* of the semantic conventions is written and read. Attributes of resources are labels of each
// sample in pprof, and labels with keys of resources become one; links are the labels trace_id and span_id.
//
// pprof -> OTLP -> pprof loses: the order of samples, and samples that are equal to another but for their values, which are
// added up; mappings, locations and functions that no sample refers to (but the first mapping); labels without a key;
// the unit of a second and further value of one label when it differs from the first; empty comments. A profile without
// any sample type is refused, because OTLP cannot say what it counts.
//
// OTLP -> pprof -> OTLP loses what pprof has no place for: the time of each single sample (its values are added up), ids
// of profiles, original payloads, names and versions of scopes, schema addresses, the counts of dropped attributes, and
// attributes of profiles, locations and mappings other than pprof.* and one build id; the frame type is found again from
// the source file's name or the kernel's mapping, if these tell. Attributes that are neither text nor integer, nor a list
// of these, become text; a list of one becomes its element; empty texts, and in a file also zeros without a unit, are not
// kept. Attributes of a resource that is not in the namespaces of resources come back as attributes of samples. A value
// of zero of one sample type among others is not kept as a sample of its own. Join, besides, has one time, one period and
// one set of comments for all.
package pprofconv
