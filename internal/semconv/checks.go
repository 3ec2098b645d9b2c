package semconv

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/facts"
	"github.com/otelcol-plus/otelcol-plus/internal/semconv/internal/values"
)

// checks say what is to be looked at in the value of a name beyond its type.
type checks uint16

const (
	checkEnum checks = 1 << iota
	checkMethod
	checkElements
	checkPort
	checkStatus
	checkSize
	checkUID
	checkURL
	checkQuery
	checkSecret
	checkText // db.query.text
	checkService
	// checkNote: the value decides which group a span belongs to, or whether a condition holds.
	checkNote
)

func (c *compiler) checksOf(r *record, a *facts.Attribute) checks {
	var k checks
	switch {
	case a.Name == "http.request.method":
		k |= checkMethod
	case len(r.members) == 1 && r.members[0] == other:
		// Everyone has values of their own; the list only says what stands for none of them.
	case (r.want == pcommon.ValueTypeStr || r.want == pcommon.ValueTypeInt) && len(r.members)+len(r.enum) > 0:
		k |= checkEnum
	}
	if r.want == pcommon.ValueTypeSlice {
		k |= checkElements
	}
	if r.want == pcommon.ValueTypeInt {
		switch {
		case strings.HasSuffix(a.Name, ".port"):
			k |= checkPort
		case a.Name == "http.response.status_code":
			k |= checkStatus
		case strings.HasSuffix(a.Name, ".size") || strings.HasSuffix(a.Name, "_size"):
			k |= checkSize
		}
	}
	switch {
	case strings.HasPrefix(a.Name, "k8s.") && strings.HasSuffix(a.Name, ".uid"):
		k |= checkUID
	case a.Name == "url.full":
		k |= checkURL
	case a.Name == "url.query":
		k |= checkQuery
	case a.Name == "db.query.text":
		k |= checkText
	case a.Name == "service.name":
		k |= checkService
	}
	return k
}

// problems are what was found wrong with one value.
type problems uint16

const (
	problemType problems = 1 << iota
	// problemCoerced: the type was wrong and could be put right without loss.
	problemCoerced
	problemOldValue
	problemCase
	problemMember
	problemEmpty
	problemValue
	problemFormat
	problemUTF8
	problemLong
	problemSecret
	problemPlaceholder
	// problemMethod: an HTTP method was replaced.
	problemMethod
)

const redacted = "REDACTED"

// final turns the value in c into what is stored under the name of r, and says what was wrong with it. It must be a fixed point:
// what it makes, it leaves alone.
func (w *Worker) final(r *record, k checks, c *converted) (p problems) {
	if c.typ() == pcommon.ValueTypeEmpty {
		if r.want >= 0 {
			p |= problemEmpty
		}
		return p
	}
	if c.how == asIs && r.want >= 0 {
		v := c.v
		switch {
		case !c.fit(v, r.want, r.elems):
			*c = converted{v: v}
			return problemType | w.finalMisfit(k, c)
		case c.how != asIs && w.opts.NoCoercion:
			*c = converted{v: v}
			return problemType | w.finalMisfit(k, c)
		case c.how != asIs:
			p |= problemType | problemCoerced
		}
	}
	switch c.typ() {
	case pcommon.ValueTypeStr:
		p |= w.finalText(r, k, c)
	case pcommon.ValueTypeInt:
		if k&checkEnum != 0 {
			if !r.isNumber(c.int()) {
				p |= problemMember
			}
		} else if low, high := k.bounds(pcommon.ValueTypeInt); c.int() < low || c.int() > high {
			p |= problemValue
		}
	case pcommon.ValueTypeSlice:
		p |= w.finalList(k, c)
	case pcommon.ValueTypeMap:
		if !validNested(c.v) {
			p |= problemUTF8
			c.nested = true
		}
	}
	return p
}

// finalMisfit is final for a value of a type that the name does not promise: what authenticates is hidden whatever its shape.
func (w *Worker) finalMisfit(k checks, c *converted) problems {
	if k&checkSecret == 0 || c.v.Type() == pcommon.ValueTypeSlice && isRedacted(c.v.Slice()) || c.v.Type() == pcommon.ValueTypeStr && c.v.Str() == redacted {
		return w.finalText(nil, 0, c)
	}
	if w.opts.Redact {
		c.how, c.s = asList, redacted
	}
	return problemSecret
}

// bounds of an integer that is fine. Where another type is wanted, none is; those of an enum are looked up.
func (k checks) bounds(want pcommon.ValueType) (low, high int64) {
	switch {
	case want >= 0 && want != pcommon.ValueTypeInt, k&checkEnum != 0:
		return math.MaxInt64, math.MinInt64
	case k&checkPort != 0:
		return 0, 65535
	case k&checkStatus != 0:
		return 100, 599
	case k&checkSize != 0:
		return 0, math.MaxInt64
	default:
		return math.MinInt64, math.MaxInt64
	}
}

// rangeOf says what bounds wants.
func rangeOf(k checks) string {
	switch {
	case k&checkPort != 0:
		return "a port from 0 to 65535"
	case k&checkStatus != 0:
		return "a status from 100 to 599"
	default:
		return "zero or more"
	}
}

// finalText is final for a string; r is nil when the name promises another type.
func (w *Worker) finalText(r *record, k checks, c *converted) (p problems) {
	if c.typ() != pcommon.ValueTypeStr {
		if c.how == asIs && !validNested(c.v) {
			c.nested = true
			return problemUTF8
		}
		return 0
	}
	before, _ := c.text()
	s := before
	if s == "" {
		if r != nil && !r.mayBeEmpty {
			return problemEmpty
		}
		return 0
	}
	if !values.ValidUTF8(s) {
		s, p = values.RepairUTF8(s), problemUTF8
	}
	if r != nil {
		s = w.finalKnown(r, k, c, s, &p)
	}
	if r != nil && r.flags&flagUnknown == 0 && len(s) > w.longest && !(k&(checkEnum|checkMethod) != 0 && slices.Contains(r.members, s)) {
		s = values.Truncate(s, w.opts.MaxValueBytes)
		p |= problemLong
	}
	if s != before {
		c.how, c.s = asString, s
	}
	return p
}

// finalKnown applies what the conventions say of texts under the name of r.
func (w *Worker) finalKnown(r *record, k checks, c *converted, s string, p *problems) string {
	switch {
	case k&checkMethod != 0:
		return w.method(r, s, p)
	case k&checkEnum != 0:
		return r.enumMember(s, p)
	case k&checkUID != 0 && !values.IsUID(s):
		*p |= problemFormat
	case k&checkURL != 0:
		out, changed, valid := values.RedactURL(s, w.queryKeys)
		if !valid {
			*p |= problemFormat
		}
		if changed {
			*p |= problemSecret
			if w.opts.Redact {
				return out
			}
		}
	case k&checkQuery != 0:
		if out, changed := values.RedactQuery(s, w.queryKeys); changed {
			*p |= problemSecret
			if w.opts.Redact {
				return out
			}
		}
	case k&checkSecret != 0 && s != redacted:
		*p |= problemSecret
		if w.opts.Redact {
			return redacted
		}
	case k&checkText != 0 && w.opts.SanitizeQuery:
		if out, changed := values.SanitizeQuery(s, w.querySystem); changed {
			return out
		}
	}
	if isPlaceholder(s) || k&checkService != 0 && strings.HasPrefix(s, unknownService) {
		*p |= problemPlaceholder
	}
	return s
}

const (
	unknownService = "unknown_service"
	other          = "_OTHER"
)

// isPlaceholder tells texts that programs write for a value that is not there.
func isPlaceholder(s string) bool {
	switch s {
	case "undefined", "null", "<nil>":
		return true
	default:
		return false
	}
}

// method spells an HTTP method as the conventions list it; one they do not list becomes _OTHER. Either way the original is kept.
func (w *Worker) method(r *record, s string, p *problems) string {
	if slices.Contains(r.members, s) {
		return s
	}
	w.original = s
	if upper := strings.ToUpper(s); slices.Contains(r.members, upper) {
		*p |= problemCase | problemMethod
		return upper
	}
	*p |= problemMember | problemMethod
	return other
}

func (r *record) enumMember(s string, p *problems) string {
	if slices.Contains(r.members, s) {
		return s
	}
	if replacement, old := r.oldMember(s); old {
		*p |= problemOldValue
		if replacement != "" {
			return replacement
		}
		return s
	}
	if lower := values.LowerASCII(s); lower != s && slices.Contains(r.members, lower) {
		*p |= problemCase
		return lower
	}
	*p |= problemMember
	return s
}

// isNumber tells whether an enum of numbers has this one.
func (r *record) isNumber(i int64) bool { return slices.Contains(r.members, strconv.FormatInt(i, 10)) }

// oldMember looks a value up among the old ones.
func (r *record) oldMember(value string) (replacement string, old bool) {
	for i := range r.enum {
		if r.enum[i].old == value {
			return r.enum[i].replacement, true
		}
	}
	return "", false
}

func (w *Worker) finalList(k checks, c *converted) (p problems) {
	if c.how == asList {
		if !values.ValidUTF8(c.s) {
			c.s, p = values.RepairUTF8(c.s), problemUTF8
		}
		if k&checkSecret != 0 && c.s != redacted {
			p |= problemSecret
			if w.opts.Redact {
				c.s = redacted
			}
		}
		return p
	}
	if k&checkSecret != 0 && !isRedacted(c.v.Slice()) {
		p |= problemSecret
		if w.opts.Redact {
			c.how = asRedacted
			return p
		}
	}
	if !validNested(c.v) {
		p |= problemUTF8
		c.nested = true
	}
	return p
}

func isRedacted(list pcommon.Slice) bool {
	for i := range list.Len() {
		if v := list.At(i); v.Type() != pcommon.ValueTypeStr || v.Str() != redacted {
			return false
		}
	}
	return true
}

// maxDepth bounds how deep nested values are searched for broken text. Requests are decoded less deep than that.
const maxDepth = 200

// validNested tells whether all texts in a value, keys included, are valid UTF-8.
func validNested(v pcommon.Value) bool { return validTo(v, maxDepth) }

func validTo(v pcommon.Value, depth int) bool {
	if depth == 0 {
		return true
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return values.ValidUTF8(v.Str())
	case pcommon.ValueTypeSlice:
		for _, e := range v.Slice().All() {
			if !validTo(e, depth-1) {
				return false
			}
		}
	case pcommon.ValueTypeMap:
		for name, e := range v.Map().All() {
			if !values.ValidUTF8(name) || !validTo(e, depth-1) {
				return false
			}
		}
	}
	return true
}

// repairNested replaces what validNested complains of.
func repairNested(v pcommon.Value) { repairTo(v, maxDepth) }

func repairTo(v pcommon.Value, depth int) {
	if depth == 0 {
		return
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		if s := v.Str(); !values.ValidUTF8(s) {
			v.SetStr(values.RepairUTF8(s))
		}
	case pcommon.ValueTypeSlice:
		for _, e := range v.Slice().All() {
			repairTo(e, depth-1)
		}
	case pcommon.ValueTypeMap:
		repairMap(v.Map(), depth)
	}
}

func repairMap(m pcommon.Map, depth int) {
	broken := false
	for name, e := range m.All() {
		repairTo(e, depth-1)
		broken = broken || !values.ValidUTF8(name)
	}
	if broken {
		rewriteKeys(m, values.RepairUTF8)
	}
}
