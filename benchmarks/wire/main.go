// Wire measures codecs side by side in one process, from pdata to the bytes on the wire and back, without any transport:
// OTLP with each compression, OTel Arrow, STEF and tracezip.
//
// For every dataset and request size the contenders take turns, round by round, on one CPU (GOMAXPROCS=1), each round with
// a new connection whose cold start counts in the bytes. Input is freshly unmarshalled, so no two spans share a string. Time
// is the CPU time of the process; garbage collection is in it. What came back is compared with what went in. From benchmarks/:
//
//	go run ./wire -data ../testdata/sample.traces.otlp.pb.zst,gen:high,gen:low
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

type options struct {
	data, contenders list
	batches          list
	spans, rounds    int
	json             bool
}

// list is a flag that may be repeated and may hold several values with commas between them. The first use replaces the
// default.
type list struct {
	values []string
	given  bool
}

func (l *list) String() string { return strings.Join(l.values, ",") }

func (l *list) Set(s string) error {
	if !l.given {
		l.values, l.given = nil, true
	}
	l.values = append(l.values, strings.Split(s, ",")...)
	return nil
}

func main() {
	o := parseFlags()
	// One CPU: whatever a codec does beside its caller is paid where it is measured.
	runtime.GOMAXPROCS(1)
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "wire:", err)
		os.Exit(1)
	}
}

func parseFlags() options {
	o := options{
		data:       list{values: []string{"../testdata/sample.traces.otlp.pb.zst", "gen:high", "gen:low"}},
		contenders: list{values: names()},
		batches:    list{values: []string{"100", "1000", "5000"}},
	}
	flag.Var(&o.data, "data", "recordings: `files`, folders, gen:high, gen:low; with commas or repeated")
	flag.Var(&o.contenders, "contenders", "what to compare; the ratios need otlp+zstd")
	flag.Var(&o.batches, "batch", "`spans` of a request, several with commas")
	flag.IntVar(&o.spans, "spans", 20_000, "how much of a recording is used, from its start")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; times are medians over them")
	flag.BoolVar(&o.json, "json", false, "print JSON instead of Markdown")
	flag.Parse()
	return o
}

func run(o options) error {
	if o.rounds < 1 || o.spans < 1 {
		return fmt.Errorf("-rounds %d, -spans %d: both must be at least 1", o.rounds, o.spans)
	}
	entrants, err := choose(o.contenders.values)
	if err != nil {
		return err
	}
	datasets, err := openAll(o.data.values)
	if err != nil {
		return err
	}
	rep := report{rounds: o.rounds, entrants: entrants}
	for _, text := range o.batches.values {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			return fmt.Errorf("-batch %q is no number of spans", text)
		}
		for _, d := range datasets {
			requests, err := d.requests(size, o.spans)
			if err != nil {
				return err
			}
			c, err := newCut(requests)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "%s, %d spans a request\n", d.name, size)
			rep.results = append(rep.results, newResult(d.name, size, c, measure(c, entrants, o.rounds)))
		}
	}
	rep.awkward = checkAwkward(entrants)
	if o.json {
		return rep.printJSON(os.Stdout)
	}
	return rep.printMarkdown(os.Stdout)
}
