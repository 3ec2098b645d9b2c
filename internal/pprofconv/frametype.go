package pprofconv

import (
	"path"
	"strings"

	"github.com/google/pprof/profile"
)

// frameTypes are the values of profile.frame.type by the ending of a source file's name.
var frameTypes = map[string]string{
	".go": "go", ".py": "cpython", ".rb": "ruby", ".php": "php", ".pl": "perl", ".pm": "perl", ".js": "v8js", ".mjs": "v8js", ".ts": "v8js",
	".java": "jvm", ".kt": "jvm", ".scala": "jvm", ".clj": "jvm", ".rs": "rust", ".erl": "beam", ".ex": "beam", ".cs": "dotnet", ".lua": "luajit",
	".c": "native", ".cc": "native", ".cpp": "native", ".cxx": "native", ".h": "native", ".hpp": "native", ".s": "native", ".S": "native",
}

// FrameType tells what kind of code a location is in, as a value of profile.frame.type, or "" when pprof does not say: it
// has no field for that, so the mapping and the name of the source file decide.
func FrameType(l *profile.Location) string {
	if l.Mapping != nil && (strings.HasPrefix(l.Mapping.File, "[kernel") || strings.HasPrefix(l.Mapping.File, "[guest.kernel")) {
		return "kernel"
	}
	for _, line := range l.Line {
		file := line.Function.Filename
		// Go's runtime is partly in assembly, and cgo in C; its functions have the package's name before a dot.
		if ext := path.Ext(file); ext == ".s" && strings.Contains(path.Base(line.Function.Name), ".") {
			return "go"
		} else if kind := frameTypes[ext]; kind != "" {
			return kind
		}
	}
	return ""
}
