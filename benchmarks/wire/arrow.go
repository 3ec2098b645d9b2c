package main

import (
	"fmt"

	v1 "github.com/open-telemetry/otel-arrow/go/api/experimental/arrow/v1"
	"github.com/open-telemetry/otel-arrow/go/pkg/otel/arrow_record"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/proto"
)

// arrow is one OTel Arrow stream: the producer and consumer of the collector's components with their defaults (zstd within
// Arrow IPC, dictionaries, spans sorted), and the protobuf message that gRPC carries. The consumer gets the memory limit
// of the receiver instead of its own smaller one.
func arrow() contender {
	return contender{
		name:   "otel-arrow",
		driven: "one stream, producer and consumer with their defaults, message marshalling included",
		encoder: func() (encode, error) {
			p := arrow_record.NewProducer()
			return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
				records, err := p.BatchArrowRecordsFromTraces(td)
				if err != nil {
					return dst, 0, err
				}
				dst, err = proto.MarshalOptions{}.MarshalAppend(dst, records)
				return dst, 0, err
			}, nil
		},
		decoder: func() (decode, error) {
			c := arrow_record.NewConsumer(arrow_record.WithMemoryLimit(128 << 20))
			return func(frame []byte) (ptrace.Traces, error) {
				var records v1.BatchArrowRecords
				if err := proto.Unmarshal(frame, &records); err != nil {
					return ptrace.Traces{}, err
				}
				batches, err := c.TracesFrom(&records)
				if err != nil {
					return ptrace.Traces{}, err
				}
				if len(batches) != 1 {
					return ptrace.Traces{}, fmt.Errorf("one batch became %d", len(batches))
				}
				return batches[0], nil
			}, nil
		},
	}
}
