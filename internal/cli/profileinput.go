package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/pprof/profile"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
	"github.com/otelcol-plus/otelcol-plus/internal/pprofconv"
)

// maxProfileBytes bounds a file with profiles, decompressed.
const maxProfileBytes = 512 << 20

// profileInput is a file with profiles: pprof, or else OTLP.
type profileInput struct {
	pprof *profile.Profile
	otlp  pprofile.Profiles
}

// readProfiles reads path, - for stdin, in any format.
func readProfiles(stdin io.Reader, path string) (*profileInput, error) {
	source := stdin
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // the user named it
		if err != nil {
			return nil, errors.Unwrap(err) // without the path, which the caller adds
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("is a directory, not a file with profiles")
		}
		source = file
	}
	data, err := io.ReadAll(io.LimitReader(source, maxProfileBytes+1))
	if err != nil {
		return nil, err
	}
	if data, err = pprofconv.Decompress(data, maxProfileBytes); err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("is empty")
	}
	return parseProfiles(data)
}

// parseProfiles tells the formats apart. A pprof profile in protobuf has a table of strings, which is field 6; OTLP
// requests have two fields only.
func parseProfiles(data []byte) (*profileInput, error) {
	highest, isMessage := highestField(data)
	switch {
	case isMessage && highest > 2:
		p, err := pprofconv.Parse(data, maxProfileBytes)
		return &profileInput{pprof: p}, err
	case isMessage:
		var u pprofile.ProtoUnmarshaler
		pd, err := u.UnmarshalProfiles(data)
		return &profileInput{otlp: pd}, notProfiles(data, err)
	case data[0] == '{':
		in, err := readRecording(data) // one request a line
		if err == nil || !json.Valid(data) {
			return in, err
		}
		var u pprofile.JSONUnmarshaler // which would take the first of several requests for all of them
		pd, err := u.UnmarshalProfiles(data)
		if err != nil {
			err = fmt.Errorf("profiles as JSON: %w", err)
		}
		return &profileInput{otlp: pd}, err
	case data[0] < ' ' && data[0] != '\n':
		return readRecording(data)
	}
	p, textErr := pprofconv.Parse(data, maxProfileBytes)
	if textErr == nil {
		return &profileInput{pprof: p}, nil
	}
	if in, err := readRecording(data); err == nil {
		return in, nil
	}
	return nil, fmt.Errorf("is neither pprof nor OTLP: %w", textErr)
}

// highestField walks the top of a protobuf message.
func highestField(data []byte) (highest protowire.Number, ok bool) {
	for len(data) > 0 {
		number, _, n := protowire.ConsumeField(data)
		if n < 0 {
			return 0, false
		}
		highest = max(highest, number)
		data = data[n:]
	}
	return highest, true
}

// readRecording puts all requests of a recording into one.
func readRecording(data []byte) (*profileInput, error) {
	requests, err := otlpfile.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer requests.Close()
	all := pprofile.NewProfiles()
	var u pprofile.ProtoUnmarshaler
	for n := 1; ; n++ {
		request, err := requests.Next()
		if errors.Is(err, io.EOF) {
			return &profileInput{otlp: all}, nil
		}
		if err != nil {
			return nil, err
		}
		if s := requests.Signal(); s != "" && s != otlpfile.Profiles {
			return nil, fmt.Errorf("request %d: these are %s, not profiles", n, s)
		}
		pd, err := u.UnmarshalProfiles(request)
		if err := notProfiles(request, err); err != nil {
			return nil, fmt.Errorf("request %d: %w", n, err)
		}
		if n == 1 {
			all = pd // an empty dictionary has no zero values, which merging would not add
			continue
		}
		if err := pd.MergeTo(all); err != nil {
			return nil, fmt.Errorf("request %d: %w", n, err)
		}
	}
}

// notProfiles says what a request is instead, when that can be told.
func notProfiles(request []byte, err error) error {
	if err == nil {
		return nil
	}
	if is := otlpfile.Guess(request); is != "" && is != otlpfile.Profiles {
		return fmt.Errorf("these are %s, not profiles", is)
	}
	return fmt.Errorf("is no OTLP request with profiles: %w", err)
}

// joined returns the input as one pprof profile.
func (in *profileInput) joined() (*pprofconv.Joined, error) {
	if in.pprof != nil {
		return &pprofconv.Joined{Profile: in.pprof}, nil
	}
	p, err := pprofconv.Join(in.otlp)
	if err == nil && p == nil {
		err = errors.New("there are no profiles in it")
	}
	return p, err
}
