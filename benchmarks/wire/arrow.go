package main

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	v1 "github.com/open-telemetry/otel-arrow/go/api/experimental/arrow/v1"
	"github.com/open-telemetry/otel-arrow/go/pkg/otel/arrow_record"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/proto"
)

// arrow is one OTel Arrow stream as the collector's exporter and receiver drive it by default: zstd inside Arrow IPC and
// zstd level 5 over the whole gRPC message. The consumer has the receiver's memory limit, not its own smaller one.
func arrow() contender {
	return contender{
		name:    "otel-arrow",
		driven:  "one stream, defaults of the otelarrow exporter and receiver: zstd in Arrow IPC and over each gRPC message",
		encoder: arrowEncoder,
		decoder: arrowDecoder,
	}
}

func arrowEncoder() (encode, error) {
	producer := arrow_record.NewProducer()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(5)), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	var message []byte
	return func(dst []byte, td ptrace.Traces) ([]byte, int, error) {
		records, err := producer.BatchArrowRecordsFromTraces(td)
		if err != nil {
			return dst, 0, err
		}
		if message, err = (proto.MarshalOptions{}).MarshalAppend(message[:0], records); err != nil {
			return dst, 0, err
		}
		return w.EncodeAll(message, dst), 0, nil
	}, nil
}

func arrowDecoder() (decode, error) {
	consumer := arrow_record.NewConsumer(arrow_record.WithMemoryLimit(128 << 20))
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	var message []byte
	return func(frame []byte) (ptrace.Traces, error) {
		if message, err = r.DecodeAll(frame, message[:0]); err != nil {
			return ptrace.Traces{}, err
		}
		var records v1.BatchArrowRecords
		if err := proto.Unmarshal(message, &records); err != nil {
			return ptrace.Traces{}, err
		}
		batches, err := consumer.TracesFrom(&records)
		if err != nil {
			return ptrace.Traces{}, err
		}
		if len(batches) != 1 {
			return ptrace.Traces{}, fmt.Errorf("one batch became %d", len(batches))
		}
		return batches[0], nil
	}, nil
}
