// Package perfevent samples the CPUs of this machine through perf_event_open.
// It is the only place that makes those system calls.
//
// Every CPU has one memory-mapped ring. The kernel writes two kinds of record
// into it, in the order in which they happened on that CPU: samples (a call
// chain) and side-band (a file was mapped, a program was executed, a process
// was forked or ended). [Sampler.Drain] merges the rings by time, so that a
// reader that replays the records knows each process as it was when it was
// sampled.
//
//	ring of CPU 0   [mmap 10:01] [sample 10:04]              tail → head
//	ring of CPU 1                [fork 10:03]  [sample 10:07]
//	drained         mmap 10:01, fork 10:03, sample 10:04, sample 10:07
//
// What may be sampled depends on privileges; [Open] goes down a ladder of
// rungs ([Mode]) and reports why each better rung was refused.
package perfevent
