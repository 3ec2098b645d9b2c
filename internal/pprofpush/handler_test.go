package pprofpush

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

type server struct {
	t         *testing.T
	url       string
	err       error
	resources []map[string]any
	profiles  []*profile.Profile

	mu       sync.Mutex
	outcomes []Outcome
}

func run(t *testing.T, maxBytes int) *server {
	s := &server{t: t}
	h := httptest.NewServer(NewHandler(Settings{
		MaxBytes: maxBytes,
		Consume: func(_ context.Context, resource pcommon.Map, p *profile.Profile) error {
			s.resources, s.profiles = append(s.resources, resource.AsRaw()), append(s.profiles, p)
			return s.err
		},
		Count: func(_ context.Context, o Outcome) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.outcomes = append(s.outcomes, o)
		},
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

// post sends and checks the answer, and that the request was counted once.
func (s *server) post(want int, outcome Outcome, path string, body []byte, headers ...string) string {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+path, bytes.NewReader(body))
	require.NoError(s.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	assert.Equal(s.t, want, resp.StatusCode, string(answer))
	assert.Equal(s.t, want == http.StatusServiceUnavailable, resp.Header.Get("Retry-After") != "")
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.Equal(s.t, []Outcome{outcome}, s.outcomes)
	s.outcomes = nil
	return string(answer)
}

func heap(t *testing.T) []byte {
	var b bytes.Buffer
	require.NoError(t, pprof.Lookup("heap").WriteTo(&b, 0))
	return b.Bytes()
}

func form(t *testing.T, fields map[string][]byte) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, data := range fields {
		part, err := w.CreateFormFile(name, name+".pprof")
		require.NoError(t, err)
		_, err = part.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes(), w.FormDataContentType()
}

func TestPlain(t *testing.T) {
	s := run(t, 1<<20)
	s.post(200, OK, "/pprof?service.name=shop&process.pid=7&from=1700000000&until=1700000010", heap(t),
		"X-Resource-Attributes", "service.name=other, host.name=n%201")
	assert.Equal(t, map[string]any{"service.name": "shop", "process.pid": "7", "host.name": "n 1"}, s.resources[0])
	assert.Len(t, s.profiles[0].SampleType, 4)
	assert.Equal(t, int64(10_000_000_000), s.profiles[0].DurationNanos)
	assert.Greater(t, s.profiles[0].TimeNanos, int64(1.7e18), "its own time is kept")

	s.post(200, OK, "/pprof", []byte("heap_v2/1\n t*: 1: 1 [0: 0]\n@ 0x1\n t*: 1: 1 [0: 0]\n"))
	assert.Greater(t, s.profiles[1].TimeNanos, int64(1.7e18))
}

func TestIngest(t *testing.T) {
	s := run(t, 1<<20)
	body, kind := form(t, map[string][]byte{"profile": heap(t), "sample_type_config": []byte("{}")})
	s.post(200, OK, "/ingest?format=pprof&name=shop{region=eu,service_name=cart,__session_id__=1}&from=1700000000&until=1700000010&spyName=gospy&sampleRate=100", body, "Content-Type", kind)
	s.post(200, OK, "/ingest?name=shop", heap(t), "Content-Type", "application/octet-stream")
	assert.Equal(t, []map[string]any{{"service.name": "cart", "region": "eu"}, {"service.name": "shop"}}, s.resources)
}

func TestPreviousProfileIsSubtracted(t *testing.T) {
	text := func(n int) []byte {
		return []byte("heap profile: 1: 1 [" + strconv.Itoa(n) + ": 8] @ heapprofile\n1: 1 [" + strconv.Itoa(n) + ": 8] @ 0x1 0x2\n")
	}
	s := run(t, 1<<20)
	body, kind := form(t, map[string][]byte{"profile": text(9), "prev_profile": text(4)})
	s.post(200, OK, "/ingest?name=shop", body, "Content-Type", kind)
	p := s.profiles[0]
	for i, v := range p.SampleType {
		if v.Type == "alloc_objects" {
			assert.Equal(t, int64(5), p.Sample[0].Value[i])
			return
		}
	}
	t.Fatal("no alloc_objects")
}

func TestRefusals(t *testing.T) {
	good := heap(t)
	s := run(t, 64<<10)
	noProfile, kind := form(t, map[string][]byte{"other": good})
	jfr, jfrKind := form(t, map[string][]byte{"jfr": good})
	assert.Contains(t, s.post(400, Malformed, "/pprof", []byte("hello")), "no profile")
	s.post(400, Malformed, "/pprof", nil)
	s.post(413, TooLarge, "/pprof", make([]byte, 64<<10+1))
	s.post(413, TooLarge, "/pprof", bytes.Repeat([]byte{0x12, 0}, 30_000))
	s.post(400, Malformed, "/ingest", good)
	s.post(415, Unsupported, "/ingest?name=x&format=jfr", good)
	s.post(415, Unsupported, "/ingest?name=x", jfr, "Content-Type", jfrKind)
	s.post(400, Malformed, "/ingest?name=x", noProfile, "Content-Type", kind)
	s.post(400, Malformed, "/ingest?name=x", good, "Content-Type", "multipart/form-data")
	s.post(400, Malformed, "/ingest?name=x{y}", good)
	s.post(400, Malformed, "/pprof", good, "X-Resource-Attributes", "x")
	s.post(400, Malformed, "/pprof", good, "X-Resource-Attributes", "x=%zz")
	s.post(400, Malformed, "/pprof?"+strings.Repeat("k", 2000)+"=v", good)
	var many strings.Builder
	for i := range maxAttributes + 1 {
		many.WriteString("k" + strconv.Itoa(i) + "=v&")
	}
	s.post(400, Malformed, "/pprof?"+many.String(), good)
	assert.Empty(t, s.profiles)

	s = run(t, 1<<20)
	s.err = errors.New("later")
	s.post(503, Refused, "/pprof", good)
	s.err = consumererror.NewPermanent(errors.New("never"))
	assert.Contains(t, s.post(400, Refused, "/pprof", good), "never")

	resp, err := http.Get(s.url + "/pprof")
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
}

// While all slots are taken by senders that do not finish, another is told to come back.
func TestBusy(t *testing.T) {
	s := run(t, 1<<20)
	var senders sync.WaitGroup
	var pipes []*io.PipeWriter
	for range maxConcurrent {
		r, w := io.Pipe()
		pipes = append(pipes, w)
		senders.Go(func() {
			resp, err := http.Post(s.url+"/pprof", "application/octet-stream", r)
			if err == nil {
				resp.Body.Close()
			}
		})
		_, err := w.Write([]byte("x")) // the server reads it once it has a slot, or the client before: wait for neither
		require.NoError(t, err)
	}
	for {
		resp, err := http.Post(s.url+"/pprof", "application/octet-stream", strings.NewReader("x"))
		require.NoError(t, err)
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			break
		}
	}
	for _, w := range pipes {
		w.Close()
	}
	senders.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.Contains(t, s.outcomes, Busy)
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]int64{
		"1700000000": 1.7e18, "1700000000000": 1.7e18, "1700000000000000": 1.7e18, "1700000000000000000": 1.7e18, "": 0, "x": 0, "-1": 0, "0": 0,
		"9223372036854775807": 9223372036854775807,
	} {
		assert.Equal(t, want, parseTime(text), text)
	}
}

func FuzzIngestName(f *testing.F) {
	f.Add("shop{region=eu,service_name=cart}")
	f.Fuzz(func(t *testing.T, name string) {
		r := httptest.NewRequest(http.MethodPost, "/ingest", http.NoBody)
		r.URL.RawQuery = ""
		q := r.URL.Query()
		q.Set("name", name)
		r.URL.RawQuery = q.Encode()
		m := pcommon.NewMap()
		if err := ingestResource(r, m); err == nil {
			require.LessOrEqual(t, m.Len(), maxAttributes)
			_, named := m.Get("service.name")
			require.True(t, named)
		}
	})
}
