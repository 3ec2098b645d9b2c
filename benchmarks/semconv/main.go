// Semconv measures the semconv processor beside those that others use for the same: contrib's schemaprocessor, and its
// transformprocessor with the renames written as OTTL statements.
//
// Every contender is made by its factory and runs in this process on one CPU (GOMAXPROCS=1), in turns, round by round, with the
// same requests decoded anew and a consumer behind it that does nothing. What comes out is compared too. Schema files come from
// a server on loopback: nothing is fetched. From benchmarks/:
//
//	go run ./semconv -data ../testdata
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
)

type options struct {
	data, sets, registry string
	items, batch, rounds int
	json                 bool
}

func main() {
	var o options
	flag.StringVar(&o.data, "data", os.Getenv("OTELPLUS_DATA"), "recordings beside the generated sets: files and `folders`, with commas (default $OTELPLUS_DATA)")
	flag.StringVar(&o.sets, "sets", "", "only sets whose name contains one of these `words`, with commas")
	flag.StringVar(&o.registry, "registry", "../internal/semconv/registry.json", "the `file` with the renames that the recipes and the schema file are made of")
	flag.IntVar(&o.items, "items", 10_000, "spans, points or records of a set; of a recording its first")
	flag.IntVar(&o.batch, "batch", 512, "items of a request")
	flag.IntVar(&o.rounds, "rounds", 11, "rounds; figures are medians over them")
	flag.BoolVar(&o.json, "json", false, "print JSON instead of Markdown")
	flag.Parse()
	// One CPU: what a processor or the garbage collector does beside its caller is paid where it is measured.
	runtime.GOMAXPROCS(1)
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "semconv:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.items < 1 || o.batch < 1 || o.rounds < 1 {
		return fmt.Errorf("-items %d, -batch %d, -rounds %d: all must be at least 1", o.items, o.batch, o.rounds)
	}
	reg, err := readRegistry(o.registry)
	if err != nil {
		return err
	}
	sets, err := generated(o.items, o.batch)
	if err != nil {
		return err
	}
	if o.data != "" {
		recorded, err := recordings(strings.Split(o.data, ","), reg, o.items, o.batch)
		if err != nil {
			return err
		}
		sets = append(sets, recorded...)
	}
	family, stop := reg.serveSchema()
	defer stop()
	rep := report{rounds: o.rounds}
	for _, set := range sets {
		if !wanted(set.name, o.sets) {
			continue
		}
		fmt.Fprintln(os.Stderr, set.name)
		r, err := compete(ctx, reg, family, set, o.rounds)
		if err != nil {
			return err
		}
		rep.results = append(rep.results, r)
	}
	if o.json {
		return rep.printJSON(os.Stdout)
	}
	return rep.printMarkdown(os.Stdout)
}

func wanted(name, words string) bool {
	if words == "" {
		return true
	}
	for word := range strings.SplitSeq(words, ",") {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// compete measures all contenders with one set and compares what they make of it.
func compete(ctx context.Context, reg *registry, family string, set dataset, rounds int) (result, error) {
	entrants, err := contenders(ctx, reg, family, set)
	if err != nil {
		return result{}, err
	}
	all := measure(ctx, set, family, entrants, rounds)
	for _, m := range all {
		if m.failed == nil && m.knows != nil {
			m.agreement, m.failed = agree(ctx, entrants[0], m.contender, set, family)
		}
	}
	for _, c := range entrants {
		if err := c.Shutdown(ctx); err != nil {
			return result{}, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if all[0].failed != nil {
		return result{}, fmt.Errorf("%s: %w", ours, all[0].failed)
	}
	return newResult(set, all), nil
}
