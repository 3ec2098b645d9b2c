package host

import "testing"

func TestCommandIsQuotedForTheShell(t *testing.T) {
	if got, want := Command("pipeline", []string{"-start", "", "-batch", "10"}), `go run ./pipeline -start "" -batch 10`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
