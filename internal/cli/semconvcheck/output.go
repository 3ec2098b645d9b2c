package semconvcheck

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile writes a file that is there whole or not at all, so that an error leaves what was there before, and an input can be
// its own output. What is no regular file, such as /dev/stderr, is written to as it is.
func writeFile(path string, write func(io.Writer) error) (err error) {
	mode := fs.FileMode(0o666) // less what the umask says
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return writeTo(path, os.O_WRONLY, 0, write)
		}
		mode = info.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text())
	if err = writeTo(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode, write); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary) // it may not have come to be
	}
	return err
}

func writeTo(path string, flag int, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return err
	}
	return errors.Join(buffered(f, write), f.Close())
}

func buffered(f io.Writer, write func(io.Writer) error) error {
	out := bufio.NewWriterSize(f, 1<<16)
	if err := write(out); err != nil {
		return err
	}
	return out.Flush()
}
