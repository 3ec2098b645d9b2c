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
