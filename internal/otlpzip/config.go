package otlpzip

import (
	"errors"
	"fmt"
	"strings"
)

// NameBlock gives a block of a configuration its name in an error about keys that are not known: a block that is decoded into a
// type of its own is called by that type otherwise, which nobody finds in YAML. decoded is a value of the type.
func NameBlock(err error, decoded any, name string) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), fmt.Sprintf("'%T'", decoded), name))
}
