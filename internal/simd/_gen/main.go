// Command _gen writes the assembly of package simd. Run it with `go generate` in the folder above.
package main

import (
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	hashIDs()
	moveToFront()
	classify()
	Generate()
}

// hashIDs hashes eight pairs per turn as two independent groups of four: one group alone waits for its multiplications.
func hashIDs() {
	TEXT("hashIDsAVX2", NOSPLIT, "func(dst, first, last, span, key *uint64, n int)")
	Doc("hashIDsAVX2 is hashIDsGeneric for n pairs, n a multiple of 8 and not 0.")
	Pragma("noescape")

	dst := Load(Param("dst"), GP64())
	first := Load(Param("first"), GP64())
	last := Load(Param("last"), GP64())
	span := Load(Param("span"), GP64())
	key := Load(Param("key"), GP64())
	n := Load(Param("n"), GP64())

	k0, k1, k2, prime := YMM(), YMM(), YMM(), YMM()
	VPBROADCASTQ(Mem{Base: key}, k0)
	VPBROADCASTQ(Mem{Base: key, Disp: 8}, k1)
	VPBROADCASTQ(Mem{Base: key, Disp: 16}, k2)
	p := GP64()
	MOVQ(U32(0x9E3779B1), p)
	x := XMM()
	VMOVQ(p, x)
	VPBROADCASTQ(x, prime)

	i := GP64()
	XORQ(i, i)
	Label("loop")
	for group := range 2 {
		at := func(base Register) Mem { return Mem{Base: base, Index: i, Scale: 8, Disp: 32 * group} }
		hash4(strconv.Itoa(group), at(first), at(last), at(span), at(dst), k0, k1, k2, prime)
	}
	ADDQ(Imm(8), i)
	CMPQ(i, n)
	JB(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// hash4 hashes four pairs. High halves are brought down by VPSHUFD, not by a shift: shifts share their ports with the
// multiplications, shuffles do not, and VPMULUDQ ignores what is left in the upper halves.
func hash4(group string, first, last, span, dst Mem, k0, k1, k2, prime Register) {
	const highs = 0b11_11_01_01
	a, b, c := YMM(), YMM(), YMM()
	Comment("group " + group + ": a, b, c = first^k0, last^k1, span^k2")
	VPXOR(first, k0, a)
	VPXOR(last, k1, b)
	VPXOR(span, k2, c)
	ah, bh, ch := YMM(), YMM(), YMM()
	VPSHUFD(U8(highs), a, ah)
	VPSHUFD(U8(highs), b, bh)
	VPSHUFD(U8(highs), c, ch)
	Comment("h = lo(a)*lo(b) + hi(a)*hi(b) + lo(c)*hi(c)")
	VPMULUDQ(a, b, a)
	VPMULUDQ(ah, bh, ah)
	VPMULUDQ(c, ch, c)
	VPADDQ(a, ah, a)
	VPADDQ(a, c, a)
	Comment("h ^= h >> 29")
	s := YMM()
	VPSRLQ(U8(29), a, s)
	VPXOR(a, s, a)
	Comment("h *= prime: lo(h)*prime + hi(h)*prime << 32")
	hi := YMM()
	VPSHUFD(U8(highs), a, hi)
	VPMULUDQ(a, prime, a)
	VPMULUDQ(hi, prime, hi)
	VPSLLQ(U8(32), hi, hi)
	VPADDQ(a, hi, a)
	VMOVDQU(a, dst)
}

// moveToFront goes over the list eight entries at a time and moves them one place down as it looks at them: lane 0 of a block
// comes from the block before. In the block of the hit only the lanes up to the hit move.
func moveToFront() {
	rotate := GLOBL("rotate", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32((i+7)%8))
	}
	// Read from entry 7-p on: ones for the lanes up to p.
	upTo := GLOBL("upTo", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(map[bool]uint32{true: 1<<32 - 1}[i < 8]))
	}

	TEXT("moveToFrontAVX2", NOSPLIT, "func(list *uint32, v uint32, n int) int")
	Doc("moveToFrontAVX2 is moveToFrontGeneric for a list of n entries, n a multiple of 8 and not 0.")
	Pragma("noescape")
	list := Load(Param("list"), GP64())
	n := Load(Param("n"), GP64())
	v, rot, low := YMM(), YMM(), XMM()
	VMOVD(Load(Param("v"), GP32()), low)
	VPBROADCASTD(low, v)
	VMOVDQU(rotate, rot)
	before := YMM()
	VMOVDQA(v, before)

	i := GP64()
	XORQ(i, i)
	block := Mem{Base: list, Index: i, Scale: 4}
	now, moved, rotated, equal, hits := YMM(), YMM(), YMM(), YMM(), GP32()
	Label("blocks")
	VMOVDQU(block, now)
	VPERMD(now, rot, rotated)
	VPBLENDD(U8(1), before, rotated, moved)
	VPCMPEQD(now, v, equal)
	VMOVMSKPS(equal, hits)
	TESTL(hits, hits)
	JNE(LabelRef("hit"))
	VMOVDQU(moved, block)
	VMOVDQA(rotated, before)
	ADDQ(Imm(8), i)
	CMPQ(i, n)
	JB(LabelRef("blocks"))
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()

	Label("hit")
	place := GP64()
	BSFL(hits, place.As32())
	masks, at := GP64(), GP64()
	LEAQ(upTo.Offset(28), masks)
	MOVQ(place, at)
	NEGQ(at)
	mask := YMM()
	VMOVDQU(Mem{Base: masks, Index: at, Scale: 4}, mask)
	VPBLENDVB(mask, moved, now, moved)
	VMOVDQU(moved, block)
	ADDQ(i, place)
	VZEROUPPER()
	Store(place, ReturnIndex(0))
	RET()
}

// classify takes 16 values per turn. AVX2 cannot count leading zeros, but the exponent of a double is that count and the top
// bit of its mantissa is the bit below the leading one, so that the upper bits of a magnitude converted to a double are
// nearly the class. The conversion is exact below 2^52: OR-ing the magnitude into the mantissa of the double 2^52 and
// subtracting 2^52.
func classify() {
	TEXT("classifyAVX2", NOSPLIT, "func(classes *byte, vals *uint64, n int) int")
	Doc("classifyAVX2 is classifyGeneric for n values, n a multiple of 16 and not 0. It stops before the first 16 values of which",
		"one has a magnitude of 2^52 or more and returns how many it has done.")
	Pragma("noescape")
	classes := Load(Param("classes"), GP64())
	vals := Load(Param("vals"), GP64())
	n := Load(Param("n"), GP64())

	constant := func(v uint64) VecVirtual {
		r, x, y := GP64(), XMM(), YMM()
		MOVQ(U64(v), r)
		VMOVQ(r, x)
		VPBROADCASTQ(x, y)
		return y
	}
	two52 := constant(0x433 << 52)
	large := constant(0xfff << 52)
	bias := constant(4091) // 2*(2*1023) - 1: twice the exponent's bias with a bit below it, less the class of 1
	zero := YMM()
	VPXOR(zero, zero, zero)

	i := GP64()
	XORQ(i, i)
	Label("sixteen")
	var m, s [4]VecVirtual
	any := YMM()
	for k := range m {
		m[k], s[k] = YMM(), YMM()
		VMOVDQU(Mem{Base: vals, Index: i, Scale: 8, Disp: 32 * k}, m[k])
		VPCMPGTQ(m[k], zero, s[k])
		VPXOR(m[k], s[k], m[k])
		VPSUBQ(s[k], m[k], m[k])
		if k == 0 {
			VMOVDQA(m[k], any)
		} else {
			VPOR(m[k], any, any)
		}
	}
	VPTEST(large, any)
	JNZ(LabelRef("end"))
	for k := range m {
		VMOVDQU(m[k], Mem{Base: vals, Index: i, Scale: 8, Disp: 32 * k})
		VPOR(two52, m[k], m[k])
		VSUBPD(two52, m[k], m[k])
		VPSRLQ(U8(51), m[k], m[k])
		VPADDQ(m[k], m[k], m[k])
		Comment("saturates: 0 stays 0")
		VPSUBUSW(bias, m[k], m[k])
		VPSUBQ(s[k], m[k], m[k])
	}
	Comment("64 bits to 8, and the halves of the vectors back into order")
	VPACKUSDW(m[1], m[0], m[0])
	VPACKUSDW(m[3], m[2], m[2])
	VPACKUSDW(m[2], m[0], m[0])
	VPACKUSWB(m[0], m[0], m[0])
	high := XMM()
	VEXTRACTI128(U8(1), m[0], high)
	VPUNPCKLWD(high, m[0].AsX(), high)
	VMOVDQU(high, Mem{Base: classes, Index: i, Scale: 1})
	ADDQ(Imm(16), i)
	CMPQ(i, n)
	JB(LabelRef("sixteen"))
	Label("end")
	VZEROUPPER()
	Store(i, ReturnIndex(0))
	RET()
}
