package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/pprofile"
	"go.opentelemetry.io/collector/pdata/pprofile/pprofileotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/otelcol-plus/otelcol-plus/internal/otlpfile"
)

const (
	kubeNode    = "node-1"
	nodeUID     = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0001"
	clusterUID  = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0002"
	podStarted  = "2026-01-02T12:00:00Z"
	shopUID     = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0010"
	elsewhere   = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0011"
	laterUID    = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0012"
	databaseUID = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0013"
	nightlyUID  = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0014"
	localUID    = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0015"
	ownerUID    = "0f2b7c1e-5d7e-4d0a-9a55-2f7d1f9a0099"
)

// kubePod is a pod in the namespace store. Its containers have the ids containerID(uid, 0) and so on.
func kubePod(uid, name, node, ip, ownerKind, owner string, containers ...string) *corev1.Pod {
	started, err := time.Parse(time.RFC3339, podStarted)
	if err != nil {
		panic(err) // the time is a constant
	}
	start := metav1.NewTime(started)
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "store", UID: types.UID(uid), CreationTimestamp: start,
			Labels:          map[string]string{"pod-template-hash": "6c45f8d6f6"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: ownerKind, Name: owner, UID: ownerUID}},
		},
		Spec:   corev1.PodSpec{NodeName: node},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, StartTime: &start},
	}
	for i, c := range containers {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c, Image: "registry.example.com/" + c + ":1.2.3"})
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: c, ContainerID: "containerd://" + containerID(uid, i)})
	}
	return p
}

func containerID(pod string, i int) string {
	hex := strings.ReplaceAll(pod, "-", "")
	return hex + hex[:31] + fmt.Sprint(i)
}

// kubeTest is the agent as the DaemonSet runs it, with an API server, a kubelet and a backend on loopback.
type kubeTest struct {
	*process
	t       *testing.T
	api     *kubeAPI
	backend *backend
	http    string // where the agent takes OTLP/HTTP
	spans   int
}

func startKubeTest(t *testing.T, down bool) *kubeTest {
	k := &kubeTest{t: t, api: startKubeAPI(t, agentRole(t).Rules), backend: startBackend(t), http: freeAddr(t)}
	shop := kubePod(shopUID, "shop-6c45f8d6f6-x7k2p", kubeNode, "10.1.0.10", "ReplicaSet", "shop-6c45f8d6f6", "shop")
	k.api.add(t, "nodes", &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: kubeNode, UID: nodeUID}}, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-2", UID: ownerUID}})
	k.api.add(t, "namespaces", &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system", UID: clusterUID}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "store", UID: ownerUID}})
	k.api.add(t, "pods",
		shop,
		kubePod(elsewhere, "shop-6c45f8d6f6-q9w4z", "node-2", "10.2.0.10", "ReplicaSet", "shop-6c45f8d6f6", "shop"),
		kubePod(databaseUID, "database-0", kubeNode, "10.1.0.13", "StatefulSet", "database", "database"),
		kubePod(nightlyUID, "nightly-29456640-abcde", kubeNode, "10.1.0.14", "Job", "nightly-29456640", "report", "proxy"),
		kubePod(localUID, "local-zzzzz", kubeNode, "127.0.0.1", "DaemonSet", "local", "local"))
	k.api.setDown(down)
	kubelet := startKubelet(t, kubeNode, shop)

	t.Setenv("KUBECONFIG", k.api.kubeconfig(t))
	args := daemonSetSetup(t)
	t.Setenv("OTELPLUS_LISTEN_HOST", "127.0.0.1")
	t.Setenv("OTELPLUS_GATEWAY_ENDPOINT", k.backend.addr)
	t.Setenv("OTELPLUS_DATA_DIR", t.TempDir())
	// What this test needs to be otherwise: free ports, a way to the servers of the test, and no profile of the
	// machine.
	overlay := fmt.Sprintf(`yaml:
receivers:
  otlpzip: {protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: %q}}}
  kubelet_stats: {auth_type: none, endpoint: %q, collection_interval: 1s}
processors: {k8s_attributes: {auth_type: kubeConfig}}
exporters: {otlpzip: {compression: none, sending_queue: {batch: {min_size: 0}}}}
extensions: {console: {endpoint: "127.0.0.1:0"}, health_check: {endpoint: "127.0.0.1:0"}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlpzip]}, profiles: {receivers: [otlpzip]}}
`, k.http, kubelet.URL)
	k.process = launch(t, "agent", append(args, "--config", overlay)...)
	k.listening(k.http)
	return k
}

const deployDir = "../../deploy/kubernetes/"

// daemonSetSetup sets the environment of the shipped DaemonSet and returns its arguments.
func daemonSetSetup(t *testing.T) (args []string) {
	t.Helper()
	var ds appsv1.DaemonSet
	document(t, "agent.yaml", "DaemonSet", &ds)
	c := ds.Spec.Template.Spec.Containers[0]
	downward := map[string]string{"spec.nodeName": kubeNode, "status.hostIP": "127.0.0.1"}
	reference := regexp.MustCompile(`\$\((\w+)\)`)
	for _, e := range c.Env {
		value := reference.ReplaceAllStringFunc(e.Value, func(ref string) string { return os.Getenv(ref[2 : len(ref)-1]) })
		if e.ValueFrom != nil {
			var ok bool
			value, ok = downward[e.ValueFrom.FieldRef.FieldPath]
			require.True(t, ok, "%s", e.ValueFrom.FieldRef.FieldPath)
		}
		t.Setenv(e.Name, value)
	}
	for _, arg := range c.Args {
		args = append(args, strings.Replace(arg, "/etc/otelcol-plus/kubernetes/", filepath.Clean(absolute(t, deployDir+"config"))+"/", 1))
	}
	return args
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	require.NoError(t, err)
	return abs
}

func agentRole(t *testing.T) *rbacv1.ClusterRole {
	t.Helper()
	var role rbacv1.ClusterRole
	document(t, "rbac.yaml", "ClusterRole", &role)
	require.NotEmpty(t, role.Rules)
	return &role
}

// document reads the first object of a kind from a manifest.
func document(t *testing.T, file, kind string, into any) {
	t.Helper()
	data, err := os.ReadFile(deployDir + file)
	require.NoError(t, err)
	for doc := range strings.SplitSeq(string(data), "\n---\n") {
		if strings.Contains(doc, "\nkind: "+kind+"\n") {
			require.NoError(t, yaml.UnmarshalStrict([]byte(doc), into))
			return
		}
	}
	t.Fatalf("no %s in %s", kind, file)
}

type attributes map[string]any

// send sends a span of a resource and returns what the resource is at the backend.
func (k *kubeTest) send(resource attributes) attributes {
	k.t.Helper()
	k.spans++
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	require.NoError(k.t, rs.Resource().Attributes().FromRaw(resource))
	span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	name := fmt.Sprintf("span %d", k.spans)
	span.SetName(name)
	span.SetTraceID([16]byte{1, byte(k.spans >> 8), byte(k.spans)})
	span.SetSpanID([8]byte{1, byte(k.spans >> 8), byte(k.spans)})
	request, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	require.NoError(k.t, err)
	sendAll(k.t, k.http, otlpfile.Traces, [][]byte{request})
	var got attributes
	k.waitFor(func() bool {
		got = k.resourceOfSpan(name)
		return got != nil
	}, name+" at the backend")
	return got
}

// resourceOfSpan looks for a span among what the backend got.
func (k *kubeTest) resourceOfSpan(name string) attributes {
	for request := range k.backend.received() {
		td := ptraceotlp.NewExportRequest()
		if td.UnmarshalProto([]byte(request)) != nil {
			continue // of another signal
		}
		for _, rs := range td.Traces().ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					if span.Name() == name {
						return rs.Resource().Attributes().AsRaw()
					}
				}
			}
		}
	}
	return nil
}

// completing waits until a pod is known to the agent.
func (k *kubeTest) completing(uid string) {
	k.t.Helper()
	k.waitFor(func() bool { return k.send(attributes{"k8s.pod.uid": uid})["k8s.pod.name"] != nil }, "completing pod "+uid)
}

// ofNode are the attributes that everything has, API server or not.
var ofNode = attributes{"k8s.node.name": kubeNode, "host.name": kubeNode, "os.type": "linux"}

// with adds attributes to a copy.
func (a attributes) with(more attributes) attributes {
	out := attributes{}
	for _, m := range []attributes{a, more} {
		for key, value := range m {
			out[key] = value
		}
	}
	return out
}

func TestKubernetesAttributesAreCompleted(t *testing.T) {
	k := startKubeTest(t, false)
	k.completing(shopUID)
	known := ofNode.with(attributes{"k8s.node.uid": nodeUID})
	pod := known.with(attributes{"k8s.cluster.uid": clusterUID, "k8s.namespace.name": "store", "k8s.pod.start_time": podStarted})
	shop := pod.with(attributes{
		"k8s.pod.uid": shopUID, "k8s.pod.name": "shop-6c45f8d6f6-x7k2p", "k8s.deployment.name": "shop",
		"k8s.container.name": "shop", "container.id": containerID(shopUID, 0), "container.image.name": "registry.example.com/shop",
	})
	local := pod.with(attributes{
		"k8s.pod.uid": localUID, "k8s.pod.name": "local-zzzzz", "k8s.daemonset.name": "local", "k8s.daemonset.uid": ownerUID,
		"k8s.container.name": "local", "container.id": containerID(localUID, 0), "container.image.name": "registry.example.com/local",
	})
	for name, c := range map[string]struct{ sent, want attributes }{
		"by the pod's uid": {attributes{"k8s.pod.uid": shopUID}, shop},
		"by the pod's address": {attributes{"k8s.pod.ip": "10.1.0.13"}, pod.with(attributes{
			"k8s.pod.ip": "10.1.0.13", "k8s.pod.uid": databaseUID, "k8s.pod.name": "database-0", "k8s.statefulset.name": "database", "k8s.statefulset.uid": ownerUID,
			"k8s.container.name": "database", "container.id": containerID(databaseUID, 0), "container.image.name": "registry.example.com/database",
		})},
		"by a container": {attributes{"container.id": containerID(nightlyUID, 1)}, pod.with(attributes{
			"k8s.pod.uid": nightlyUID, "k8s.pod.name": "nightly-29456640-abcde", "k8s.job.name": "nightly-29456640", "k8s.job.uid": ownerUID, "k8s.cronjob.name": "nightly",
			"k8s.container.name": "proxy", "container.id": containerID(nightlyUID, 1), "container.image.name": "registry.example.com/proxy",
		})},
		"by the connection":         {attributes{}, local},
		"what a program says stays": {attributes{"k8s.pod.uid": shopUID, "k8s.namespace.name": "mine", "host.name": "mine"}, shop.with(attributes{"k8s.namespace.name": "mine", "host.name": "mine"})},
		"empty is nothing":          {attributes{"k8s.pod.uid": shopUID, "k8s.pod.name": ""}, shop},
		"an unknown pod":            {attributes{"k8s.pod.uid": laterUID}, known.with(attributes{"k8s.pod.uid": laterUID})},
		"a pod of another node":     {attributes{"k8s.pod.uid": elsewhere}, known.with(attributes{"k8s.pod.uid": elsewhere})},
		"semconv comes after":       {attributes{"k8s.pod.uid": shopUID, "deployment.environment": "test"}, shop.with(attributes{"deployment.environment.name": "test"})},
	} {
		assert.Equal(t, c.want, k.send(c.sent), name)
	}

	k.api.add(t, "pods", kubePod(laterUID, "later", kubeNode, "10.1.0.12", "StatefulSet", "later", "later"))
	k.completing(laterUID)

	used, denied := k.api.asked()
	assert.Empty(t, denied, "the shipped role is not enough")
	for _, rule := range agentRole(t).Rules {
		for _, resource := range rule.Resources {
			if resource != "nodes/stats" { // the kubelet asks for that one
				assert.Contains(t, used, "watch "+resource, "the shipped role allows more than is used")
			}
		}
	}
	require.NoError(t, k.stop(os.Interrupt))
}

// Nothing is held up while the API server is away, and when it comes what is sent from then on is completed.
func TestKubernetesWithoutTheAPIServer(t *testing.T) {
	k := startKubeTest(t, true)
	assert.Equal(t, ofNode.with(attributes{"k8s.pod.uid": shopUID}), k.send(attributes{"k8s.pod.uid": shopUID}))
	k.api.setDown(false)
	k.completing(shopUID)
}

// What the agent measures itself is completed like what it is sent, and named as the conventions have it.
func TestKubernetesMetricsOfTheKubelet(t *testing.T) {
	k := startKubeTest(t, false)
	k.completing(shopUID)
	var found map[string]seenMetric
	wanted := []string{"k8s.pod.cpu.usage", "k8s.pod.memory.working_set", "k8s.pod.network.io", "k8s.node.cpu.usage", "k8s.node.memory.usage", "container.cpu.usage", "container.memory.rss", "system.memory.usage"}
	k.waitFor(func() bool {
		found = k.metricsOf(func(a attributes) bool { return a["k8s.pod.uid"] == nil || a["k8s.deployment.name"] != nil })
		return !slices.ContainsFunc(wanted, func(name string) bool { return found[name].resource == nil })
	}, fmt.Sprint("metrics ", wanted))

	known := attributes{"k8s.node.name": kubeNode, "k8s.node.uid": nodeUID, "host.name": kubeNode}
	pod := known.with(attributes{"k8s.cluster.uid": clusterUID, "k8s.namespace.name": "store", "k8s.pod.uid": shopUID, "k8s.pod.name": "shop-6c45f8d6f6-x7k2p", "k8s.deployment.name": "shop"})
	for name, want := range map[string]attributes{
		"system.memory.usage": known, "k8s.node.cpu.usage": known, "k8s.pod.cpu.usage": pod,
		"container.cpu.usage": pod.with(attributes{"k8s.container.name": "shop", "container.image.name": "registry.example.com/shop"}),
	} {
		for key, value := range want {
			assert.Equal(t, value, found[name].resource[key], "%s of %s", key, name)
		}
	}
	assert.Contains(t, found["system.memory.usage"].point, "system.memory.state", "semconv was there")
}

// seenMetric is the resource and the first point of a metric.
type seenMetric struct{ resource, point attributes }

// metricsOf returns the metrics that the backend got, by name, of those resources that are wanted.
func (k *kubeTest) metricsOf(wanted func(attributes) bool) map[string]seenMetric {
	found := map[string]seenMetric{}
	for request := range k.backend.received() {
		md := pmetricotlp.NewExportRequest()
		if md.UnmarshalProto([]byte(request)) != nil {
			continue
		}
		for _, rm := range md.Metrics().ResourceMetrics().All() {
			resource := attributes(rm.Resource().Attributes().AsRaw())
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if wanted(resource) {
						found[m.Name()] = seenMetric{resource, firstPoint(m)}
					}
				}
			}
		}
	}
	return found
}

func firstPoint(m pmetric.Metric) attributes {
	points := pmetric.NewNumberDataPointSlice()
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		points = m.Gauge().DataPoints()
	case pmetric.MetricTypeSum:
		points = m.Sum().DataPoints()
	}
	if points.Len() == 0 {
		return nil
	}
	return points.At(0).Attributes().AsRaw()
}

// A profile knows the container it was taken in, and nothing else of Kubernetes.
func TestKubernetesProfilesAreCompleted(t *testing.T) {
	k := startKubeTest(t, false)
	k.completing(shopUID)
	pd := pprofile.NewProfiles()
	dict := pd.Dictionary()
	dict.StringTable().Append("", "samples", "count")
	dict.MappingTable().AppendEmpty()
	dict.LocationTable().AppendEmpty()
	dict.FunctionTable().AppendEmpty()
	dict.LinkTable().AppendEmpty()
	dict.AttributeTable().AppendEmpty()
	dict.StackTable().AppendEmpty()
	rp := pd.ResourceProfiles().AppendEmpty()
	rp.Resource().Attributes().PutStr("container.id", containerID(shopUID, 0))
	profile := rp.ScopeProfiles().AppendEmpty().Profiles().AppendEmpty()
	profile.SampleType().SetTypeStrindex(1)
	profile.SampleType().SetUnitStrindex(2)
	profile.Samples().AppendEmpty().Values().Append(1)
	request, err := pprofileotlp.NewExportRequestFromProfiles(pd).MarshalProto()
	require.NoError(t, err)
	sendAll(t, k.http, otlpfile.Profiles, [][]byte{request})

	var got pcommon.Map
	k.waitFor(func() bool {
		for request := range k.backend.received() {
			pd := pprofileotlp.NewExportRequest()
			if pd.UnmarshalProto([]byte(request)) == nil && pd.Profiles().SampleCount() == 1 {
				got = pd.Profiles().ResourceProfiles().At(0).Resource().Attributes()
				return true
			}
		}
		return false
	}, "the profile at the backend")
	raw := got.AsRaw()
	want := attributes{"k8s.pod.uid": shopUID, "k8s.deployment.name": "shop", "k8s.container.name": "shop", "k8s.node.name": kubeNode, "k8s.node.uid": nodeUID}
	for key, value := range want {
		assert.Equal(t, value, raw[key], key)
	}
}
