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
