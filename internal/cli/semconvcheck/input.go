package semconvcheck

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

// files checks recordings one after the other. One that cannot be read goes into the report and does not keep it from the rest; the
// error is about something else.
func (c *checker) files(stdin io.Reader, paths []string) error {
	for _, path := range paths {
		if err := c.file(stdin, path); code(err) == exitUsage {
			return err
		} else if err != nil {
			c.report.unreadable = append(c.report.unreadable, fmt.Errorf("%s: %w", path, err))
		}
	}
	return nil
}

func (c *checker) file(stdin io.Reader, path string) (err error) {
	c.report.begin(path)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return withoutPath(err)
		}
		defer f.Close()
		stdin = f
	}
	in, err := otlpfile.NewReader(stdin)
	if err != nil {
		return withoutPath(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if c.fixer == nil {
		return c.requests(in, nil)
	}
	var broken error
	err = writeFile(c.fixTo, func(out io.Writer) error {
		w, err := otlpfile.NewWriter(out, in.Form())
		if err != nil {
			return err
		}
		if broken = c.requests(in, w); broken != nil {
			return errors.Join(broken, w.Close())
		}
		return w.Close()
	})
	if broken != nil {
		return broken
	}
	if err != nil {
		return usage(fmt.Errorf("--fix: %w", err))
	}
	return nil
}

// requests checks all requests of a recording and, when there is an out, normalises and writes them before.
func (c *checker) requests(in *otlpfile.Reader, out *otlpfile.Writer) error {
	before := c.report.allItems()
	for n := 0; ; n++ {
		d, err := in.NextData()
		switch {
		case errors.Is(err, io.EOF) && n == 0:
			return errors.New("holds no OTLP request")
		case errors.Is(err, io.EOF) && c.report.allItems() == before:
			return errors.New("holds no span, data point, log record or sample; a misspelt field of JSON is not read")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if out != nil {
			c.fix(d)
			if err := out.Write(d, in.Form()); err != nil {
				return usage(fmt.Errorf("--fix: %w", err))
			}
		}
		c.look(d)
	}
}

// withoutPath leaves the path out of an error, which the caller adds.
func withoutPath(err error) error {
	if named := new(fs.PathError); errors.As(err, &named) {
		return named.Err
	}
	return err
}
