package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	stats "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
)

// startKubelet serves GET /stats/summary as the kubelet of a node does on its read-only port, with these pods. It knows
// nothing else: the agent has no right to more.
func startKubelet(t *testing.T, node string, pods ...*corev1.Pod) *httptest.Server {
	t.Helper()
	now := metav1.NewTime(time.Now())
	count := func(n uint64) *uint64 { return &n }
	cpu := &stats.CPUStats{Time: now, UsageNanoCores: count(5e8), UsageCoreNanoSeconds: count(9e12)}
	memory := &stats.MemoryStats{Time: now, UsageBytes: count(64 << 20), WorkingSetBytes: count(48 << 20), RSSBytes: count(32 << 20), AvailableBytes: count(1 << 30), PageFaults: count(7), MajorPageFaults: count(1)}
	network := &stats.NetworkStats{Time: now, InterfaceStats: stats.InterfaceStats{Name: "eth0", RxBytes: count(1000), TxBytes: count(2000), RxErrors: count(0), TxErrors: count(0)}}
	disk := &stats.FsStats{Time: now, AvailableBytes: count(1 << 34), CapacityBytes: count(1 << 35), UsedBytes: count(1 << 33)}
	summary := stats.Summary{Node: stats.NodeStats{NodeName: node, StartTime: now, CPU: cpu, Memory: memory, Network: network, Fs: disk}}
	for _, p := range pods {
		of := stats.PodStats{
			PodRef:    stats.PodReference{Name: p.Name, Namespace: p.Namespace, UID: string(p.UID)},
			StartTime: now, CPU: cpu, Memory: memory, Network: network, EphemeralStorage: disk,
		}
		for _, c := range p.Spec.Containers {
			of.Containers = append(of.Containers, stats.ContainerStats{Name: c.Name, StartTime: now, CPU: cpu, Memory: memory, Rootfs: disk})
		}
		summary.Pods = append(summary.Pods, of)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stats/summary", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(summary)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}
