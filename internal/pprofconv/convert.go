package pprofconv

import (
	"fmt"
	"math"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pprofile"
)

const unknownService = "unknown_service"

// serviceKeys name the subject of a resource, the best name first.
var serviceKeys = []string{"service.name", "process.executable.name", "container.name", "container.id"}

// instanceKeys tell the members of one service apart; they become labels of every sample.
var instanceKeys = []string{
	"service.instance.id", "process.pid", "process.executable.name", "container.id", "k8s.pod.name", "host.name",
}

// Profile is the pprof profile of one service and sample type.
type Profile struct {
	Service string
	// Type and Unit are those of the only sample type, such as "samples" and "count".
	Type, Unit string
	// Samples counts the OTLP samples that went in, before equal ones were merged.
	Samples int
	Pprof   *profile.Profile
}

// group is what is put together in one Profile.
type group struct {
	service string
	kind
}

// kind is what a profile counts, and at what distances.
type kind struct{ name, unit, periodName, periodUnit string }

// orSamples: a profile that does not say what it counts counts samples; pprof cannot show a type without a name.
func (k kind) orSamples() kind {
	if k.name == "" {
		k.name, k.unit = "samples", "count"
	}
	return k
}

// FromOTLP converts a request, which it only reads. A profile that is damaged, for example by an index outside the
// dictionary, is refused as a whole and described in the error; the others are returned beside that error.
func FromOTLP(pd pprofile.Profiles) ([]Profile, error) {
	c := converter{
		dict:     dictionary{pd.Dictionary()},
		budget:   &budget{left: maxWork},
		builders: map[group]*builder{},
	}
	for i, rp := range pd.ResourceProfiles().All() {
		for j, sp := range rp.ScopeProfiles().All() {
			for k, p := range sp.Profiles().All() {
				if err := c.add(rp.Resource(), p); err != nil {
					c.refuse(fmt.Errorf("resource %d, scope %d, profile %d: %w", i, j, k, err))
				}
			}
		}
	}
	return c.finish()
}

type converter struct {
	dict     dictionary
	budget   *budget
	builders map[group]*builder
	order    []*builder
	refusals
}

func (c *converter) add(res pcommon.Resource, p pprofile.Profile) error {
	g, err := c.group(res, p)
	if err != nil {
		return err
	}
	b := c.builders[g]
	if b == nil {
		b = newBuilder(g, c.dict, c.budget)
	}
	samples, err := b.samples(res, p)
	if err != nil {
		return err
	}
	// Only now does the profile leave a trace: a refused one must not create an empty file.
	if c.builders[g] == nil {
		c.builders[g] = b
		c.order = append(c.order, b)
	}
	b.commit(p, samples)
	return nil
}

func (c *converter) group(res pcommon.Resource, p pprofile.Profile) (group, error) {
	k, err := c.dict.kind(p)
	return group{service(res), k.orSamples()}, err
}

func service(res pcommon.Resource) string {
	for _, key := range serviceKeys {
		if v, ok := res.Attributes().Get(key); ok {
			if s := v.AsString(); s != "" {
				return s
			}
		}
	}
	return unknownService
}

func (c *converter) finish() ([]Profile, error) {
	out := make([]Profile, 0, len(c.order))
	for _, b := range c.order {
		p := b.profile()
		if err := p.CheckValid(); err != nil {
			c.refuse(fmt.Errorf("service %q, %s: %w", b.group.service, b.group.name, err))
			continue
		}
		out = append(out, Profile{
			Service: b.group.service, Type: b.group.name, Unit: b.group.unit, Samples: b.count, Pprof: p,
		})
	}
	return out, c.error()
}

// total adds up a sample's values. A sample that has only times counts one for each of them.
func total(s pprofile.Sample) (int64, error) {
	values, times := s.Values().Len(), s.TimestampsUnixNano().Len()
	if values == 0 {
		return int64(times), nil
	}
	if times != 0 && times != values {
		return 0, fmt.Errorf("%d values for %d timestamps", values, times)
	}
	var sum int64
	for _, v := range s.Values().All() {
		sum = addSaturated(sum, v)
	}
	return sum, nil
}

func addSaturated(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}
