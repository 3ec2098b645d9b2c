package otlpfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// signalOfKey are the top-level keys of requests in JSON.
var signalOfKey = map[string]Signal{
	"resourceSpans":    Traces,
	"resourceMetrics":  Metrics,
	"resourceLogs":     Logs,
	"resourceProfiles": Profiles,
}

// fromJSON turns a request in JSON into protobuf and tells its signal; the empty object is of none.
func fromJSON(request []byte) ([]byte, Signal, error) {
	signal, err := signalOfJSON(request)
	if err != nil || signal == "" {
		return nil, "", err
	}
	proto, err := convert(signal, request)
	if err != nil {
		return nil, "", fmt.Errorf("%s as JSON: %w", signal, err)
	}
	return proto, signal, nil
}

// signalOfJSON looks for a known key at the top, which is the first one but for profiles.
func signalOfJSON(request []byte) (Signal, error) {
	dec := json.NewDecoder(bytes.NewReader(request))
	if open, err := dec.Token(); err != nil {
		return "", notJSON(err)
	} else if open != json.Delim('{') {
		return "", fmt.Errorf("JSON that is no object but %.40q", fmt.Sprint(open))
	}
	other := ""
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return "", notJSON(err)
		}
		key, _ := token.(string) // always, in an object
		if signal, ok := signalOfKey[key]; ok {
			return signal, nil
		}
		other = key
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return "", notJSON(err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return "", notJSON(err)
	}
	if other != "" {
		return "", fmt.Errorf("JSON with the key %.40q, but none of resourceSpans, resourceMetrics, resourceLogs, resourceProfiles", other)
	}
	return "", nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("JSON that ends early: was the writer stopped, or one request spread over several lines?")
	}
	return fmt.Errorf("not JSON: %w", err)
}

func convert(signal Signal, request []byte) ([]byte, error) {
	switch signal {
	case Traces:
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(request)
		if err != nil {
			return nil, err
		}
		return (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	case Metrics:
		md, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(request)
		if err != nil {
			return nil, err
		}
		return (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	case Logs:
		ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(request)
		if err != nil {
			return nil, err
		}
		return (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	default:
		pd, err := (&pprofile.JSONUnmarshaler{}).UnmarshalProfiles(request)
		if err != nil {
			return nil, err
		}
		return (&pprofile.ProtoMarshaler{}).MarshalProfiles(pd)
	}
}
