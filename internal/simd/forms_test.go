package simd

import "testing"

// form is one implementation of the kernels.
type form struct {
	name string
	// use selects the form until the test ends; it skips when the CPU cannot run it.
	use func(testing.TB)
}

func eachForm(t *testing.T, f func(*testing.T)) {
	for _, form := range forms() {
		t.Run(form.name, func(t *testing.T) {
			form.use(t)
			f(t)
		})
	}
}
