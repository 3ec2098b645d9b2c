package symbol

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

const kallsyms = `ffffffff81000000 T _text
ffffffff81000100 T do_one
ffffffff81000100 t alias_of_do_one
ffffffff81000200 D data_is_no_function
ffffffff81000300 t do_two
ffffffffc0201000 t nft_do_chain	[nf_tables]
ffffffff81000080 W weak
0000000000000000 A fixed_percpu_data
nonsense
ffffffff81000400
`

func TestKallsyms(t *testing.T) {
	f, err := fstest.MapFS{"kallsyms": {Data: []byte(kallsyms)}}.Open("kallsyms")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	k, err := ReadKallsyms(f)
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[uint64]string{
		0xffffffff81000000: "_text", 0xffffffff8100007f: "_text", 0xffffffff81000080: "weak", 0xffffffff81000110: "do_one",
		0xffffffff810002ff: "do_one", 0xffffffff81000301: "do_two", 0xffffffffc0201020: "nft_do_chain",
		0xffffffff80ffffff: "", 0xffffffffb0000000: "", 0: "",
	} {
		if got := k.Name(addr); got != want {
			t.Errorf("%#x: got %q, want %q", addr, got, want)
		}
	}
	if k.Bytes() > 300 {
		t.Errorf("%d bytes", k.Bytes())
	}
}

func TestKallsymsHidden(t *testing.T) {
	if _, err := ReadKallsyms(strings.NewReader("0000000000000000 T a\n0000000000000000 t b\n")); !errors.Is(err, ErrHidden) {
		t.Errorf("got %v", err)
	}
}
