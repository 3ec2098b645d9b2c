package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/otelcol-plus/otelcol-plus/configs"
)

// kustomization is what the tests need of kustomization.yaml; an unknown key fails, so that nothing escapes them.
type kustomization struct {
	metav1.TypeMeta    `json:",inline"`
	Namespace          string      `json:"namespace"`
	Resources          []string    `json:"resources"`
	ConfigMapGenerator []generator `json:"configMapGenerator"`
	Images             []struct {
		Name   string `json:"name"`
		NewTag string `json:"newTag"`
	} `json:"images"`
}

type generator struct {
	Name     string   `json:"name"`
	Files    []string `json:"files"`
	Literals []string `json:"literals"`
}

// keys are the keys of the ConfigMap that will be made.
func (g generator) keys() (keys []string) {
	for _, f := range slices.Concat(g.Files, g.Literals) {
		key, _, _ := strings.Cut(f, "=")
		keys = append(keys, key)
	}
	return keys
}

// manifests is everything that is applied, by kind.
type manifests struct {
	kustomization
	namespaces  map[string]*corev1.Namespace
	accounts    map[string]*corev1.ServiceAccount
	services    map[string]*corev1.Service
	daemonSets  map[string]*appsv1.DaemonSet
	deployments map[string]*appsv1.Deployment
	scalers     map[string]*autoscalingv2.HorizontalPodAutoscaler
	budgets     map[string]*policyv1.PodDisruptionBudget
	roles       map[string]*rbacv1.ClusterRole
	bindings    map[string]*rbacv1.ClusterRoleBinding
}

func load(t *testing.T) *manifests {
	m := &manifests{
		namespaces:  map[string]*corev1.Namespace{},
		accounts:    map[string]*corev1.ServiceAccount{},
		services:    map[string]*corev1.Service{},
		daemonSets:  map[string]*appsv1.DaemonSet{},
		deployments: map[string]*appsv1.Deployment{},
		scalers:     map[string]*autoscalingv2.HorizontalPodAutoscaler{},
		budgets:     map[string]*policyv1.PodDisruptionBudget{},
		roles:       map[string]*rbacv1.ClusterRole{},
		bindings:    map[string]*rbacv1.ClusterRoleBinding{},
	}
	data, err := os.ReadFile("kustomization.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(data, &m.kustomization))
	for _, file := range m.Resources {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for i, doc := range bytes.Split(data, []byte("\n---\n")) {
			require.NoError(t, m.add(doc), "%s, document %d", file, i+1)
		}
	}
	return m
}

// add decodes one document strictly into the type that its kind names.
func (m *manifests) add(doc []byte) error {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(doc, &kind); err != nil {
		return err
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "v1 Namespace":
		return addTo(m.namespaces, doc, new(corev1.Namespace))
	case "v1 ServiceAccount":
		return addTo(m.accounts, doc, new(corev1.ServiceAccount))
	case "v1 Service":
		return addTo(m.services, doc, new(corev1.Service))
	case "apps/v1 DaemonSet":
		return addTo(m.daemonSets, doc, new(appsv1.DaemonSet))
	case "apps/v1 Deployment":
		return addTo(m.deployments, doc, new(appsv1.Deployment))
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return addTo(m.scalers, doc, new(autoscalingv2.HorizontalPodAutoscaler))
	case "policy/v1 PodDisruptionBudget":
		return addTo(m.budgets, doc, new(policyv1.PodDisruptionBudget))
	case "rbac.authorization.k8s.io/v1 ClusterRole":
		return addTo(m.roles, doc, new(rbacv1.ClusterRole))
	case "rbac.authorization.k8s.io/v1 ClusterRoleBinding":
		return addTo(m.bindings, doc, new(rbacv1.ClusterRoleBinding))
	default:
		return fmt.Errorf("kind %q of %q is not known to this test", kind.Kind, kind.APIVersion)
	}
}

func addTo[T metav1.Object](to map[string]T, doc []byte, object T) error {
	if err := yaml.UnmarshalStrict(doc, object); err != nil {
		return err
	}
	name := object.GetName()
	if _, twice := to[name]; twice || name == "" {
		return fmt.Errorf("name %q is missing or used twice", name)
	}
	to[name] = object
	return nil
}

// workload is what DaemonSet and Deployment have in common.
type workload struct {
	name     string
	selector *metav1.LabelSelector
	pod      corev1.PodTemplateSpec
}

func (m *manifests) workloads() (all []workload) {
	for name, d := range m.daemonSets {
		all = append(all, workload{name, d.Spec.Selector, d.Spec.Template})
	}
	for name, d := range m.deployments {
		all = append(all, workload{name, d.Spec.Selector, d.Spec.Template})
	}
	return all
}

func TestUnknownFieldsAndKindsAreFound(t *testing.T) {
	m := load(t)
	require.ErrorContains(t, m.add([]byte("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {port: 1}")), "unknown field")
	require.ErrorContains(t, m.add([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: x}")), "not known")
	require.ErrorContains(t, m.add([]byte("apiVersion: v1\nkind: Namespace\nmetadata: {}")), "missing")
}

func TestEveryFileIsListed(t *testing.T) {
	m := load(t)
	listed := append([]string{"kustomization.yaml"}, m.Resources...)
	for _, g := range m.ConfigMapGenerator {
		for _, f := range g.Files {
			_, path, ok := strings.Cut(f, "=")
			require.True(t, ok, f)
			listed = append(listed, path)
		}
	}
	top, err := filepath.Glob("*.yaml")
	require.NoError(t, err)
	nested, err := filepath.Glob("*/*.yaml")
	require.NoError(t, err)
	assert.ElementsMatch(t, listed, append(top, nested...))
	assert.Contains(t, m.namespaces, m.Namespace)
}

func TestSelectorsMatchLabels(t *testing.T) {
	m := load(t)
	require.Len(t, m.workloads(), 2)
	matched := func(selector labels.Selector) (found []string) {
		for _, w := range m.workloads() {
			if selector.Matches(labels.Set(w.pod.Labels)) {
				found = append(found, w.name)
			}
		}
		return found
	}
	convert := func(s *metav1.LabelSelector) labels.Selector {
		require.NotNil(t, s)
		selector, err := metav1.LabelSelectorAsSelector(s)
		require.NoError(t, err)
		return selector
	}
	for _, w := range m.workloads() {
		assert.Equal(t, []string{w.name}, matched(convert(w.selector)), "selector of %s", w.name)
		for _, spread := range w.pod.Spec.TopologySpreadConstraints {
			assert.Equal(t, []string{w.name}, matched(convert(spread.LabelSelector)), "spread of %s", w.name)
		}
	}
	for name, s := range m.services {
		assert.Len(t, matched(labels.SelectorFromSet(s.Spec.Selector)), 1, "pods of Service %s", name)
	}
	for name, b := range m.budgets {
		assert.Equal(t, []string{name}, matched(convert(b.Spec.Selector)), "pods of budget %s", name)
		replicas := m.deployments[name].Spec.Replicas
		assert.Less(t, b.Spec.MinAvailable.IntVal, *replicas, "a budget of all replicas blocks every drain")
	}
	for name, s := range m.scalers {
		target := s.Spec.ScaleTargetRef
		assert.Equal(t, "apps/v1 Deployment", target.APIVersion+" "+target.Kind)
		require.Contains(t, m.deployments, target.Name, "target of scaler %s", name)
		assert.Equal(t, *m.deployments[target.Name].Spec.Replicas, *s.Spec.MinReplicas)
	}
}

func TestPortsExist(t *testing.T) {
	m := load(t)
	for name, s := range m.services {
		for _, w := range m.workloads() {
			if !labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(w.pod.Labels)) {
				continue
			}
			for _, p := range s.Spec.Ports {
				assert.Contains(t, portNames(w), p.TargetPort.StrVal, "Service %s, port %s", name, p.Name)
			}
			if s.Spec.ClusterIP == corev1.ClusterIPNone { // no translation: the number has to be the pod's
				for _, p := range s.Spec.Ports {
					assert.Equal(t, p.Port, portNames(w)[p.TargetPort.StrVal], "headless Service %s", name)
				}
			}
		}
	}
	for _, w := range m.workloads() {
		for _, c := range w.pod.Spec.Containers {
			for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe} {
				require.NotNil(t, probe, w.name)
				require.Equal(t, intstr.String, probe.HTTPGet.Port.Type)
				assert.Contains(t, portNames(w), probe.HTTPGet.Port.StrVal, w.name)
			}
		}
	}
}

// The ports of a pod are those that its configurations open.
func TestPortsAreThoseOfTheConfigurations(t *testing.T) {
	for _, w := range load(t).workloads() {
		name := strings.TrimPrefix(w.name, "otelcol-plus-")
		builtin, err := configs.Read(name)
		require.NoError(t, err)
		ours, err := os.ReadFile("config/" + name + ".yaml")
		require.NoError(t, err)
		for portName, number := range portNames(w) {
			assert.Regexp(t, fmt.Sprintf(`(OTELPLUS_LISTEN_HOST:-127\.0\.0\.1\}:|port: )%d\b`, number), string(builtin)+string(ours),
				"%s: port %s", w.name, portName)
		}
	}
}

func portNames(w workload) map[string]int32 {
	names := map[string]int32{}
	for _, c := range w.pod.Spec.Containers {
		for _, p := range c.Ports {
			names[p.Name] = p.ContainerPort
		}
	}
	return names
}

func TestReferencedNamesExist(t *testing.T) {
	m := load(t)
	generated := map[string][]string{}
	for _, g := range m.ConfigMapGenerator {
		generated[g.Name] = g.keys()
	}
	used := map[string]bool{}
	for _, w := range m.workloads() {
		assert.Contains(t, m.accounts, w.pod.Spec.ServiceAccountName, w.name)
		mounts := map[string]string{} // directory of each ConfigMap
		for _, v := range w.pod.Spec.Volumes {
			if v.ConfigMap == nil {
				continue
			}
			require.Contains(t, generated, v.ConfigMap.Name, w.name)
			used[v.ConfigMap.Name] = true
			mounts[v.Name] = v.ConfigMap.Name
		}
		for _, c := range w.pod.Spec.Containers {
			for _, e := range c.EnvFrom {
				require.Contains(t, generated, e.ConfigMapRef.Name, w.name)
				used[e.ConfigMapRef.Name] = true
			}
			assert.Equal(t, m.Images[0].Name+":"+m.Images[0].NewTag, c.Image, w.name)
			for _, path := range configFiles(c) {
				assert.True(t, slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool {
					return v.MountPath == filepath.Dir(path) && slices.Contains(generated[mounts[v.Name]], filepath.Base(path))
				}), "%s: %s is in no ConfigMap mounted there", w.name, path)
			}
		}
	}
	assert.Len(t, used, len(generated), "every ConfigMap is used")
	for name, b := range m.bindings {
		assert.Contains(t, m.roles, b.RoleRef.Name, "role of %s", name)
		for _, s := range b.Subjects {
			assert.Contains(t, m.accounts, s.Name, "account of %s", name)
			assert.Equal(t, m.Namespace, s.Namespace)
		}
	}
}

func configFiles(c corev1.Container) (paths []string) {
	for _, arg := range c.Args {
		if path, ok := strings.CutPrefix(arg, "--config="); ok && !strings.HasPrefix(path, "builtin:") {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestRightsAreNoMoreThanNeeded(t *testing.T) {
	m := load(t)
	agent := m.daemonSets["otelcol-plus-agent"].Spec.Template.Spec
	assert.True(t, agent.HostPID)
	assert.False(t, agent.HostNetwork)
	security := agent.Containers[0].SecurityContext
	assert.Equal(t, &corev1.Capabilities{
		Drop: []corev1.Capability{"ALL"},
		Add:  []corev1.Capability{"PERFMON", "SYS_PTRACE"},
	}, security.Capabilities)
	gateway := m.deployments["otelcol-plus-gateway"].Spec.Template.Spec
	assert.True(t, *gateway.SecurityContext.RunAsNonRoot)
	assert.False(t, *gateway.AutomountServiceAccountToken)
	assert.Equal(t, &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}, gateway.Containers[0].SecurityContext.Capabilities)
	for _, w := range m.workloads() {
		for _, c := range w.pod.Spec.Containers {
			assert.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, w.name)
			assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation, w.name)
			assert.Nil(t, c.SecurityContext.Privileged, w.name)
			assert.NotNil(t, c.Resources.Limits.Memory(), w.name)
			assert.False(t, c.Resources.Requests.Cpu().IsZero(), "%s: the autoscaler needs a request", w.name)
		}
	}
	for _, role := range m.roles {
		for _, rule := range role.Rules {
			assert.Subset(t, []string{"get", "list", "watch"}, rule.Verbs)
			assert.NotContains(t, rule.Resources, "*")
			assert.NotContains(t, rule.Resources, "secrets")
		}
	}
}

// The memory the collector allows itself has to fit into what Kubernetes allows it.
func TestMemoryLimitsAreInOrder(t *testing.T) {
	for _, w := range load(t).workloads() {
		c := w.pod.Spec.Containers[0]
		var refuse, collect int64
		for _, e := range c.Env {
			switch e.Name {
			case "OTELPLUS_MEMORY_LIMIT_MIB":
				_, err := fmt.Sscan(e.Value, &refuse)
				require.NoError(t, err)
			case "GOMEMLIMIT":
				_, err := fmt.Sscanf(e.Value, "%dMiB", &collect)
				require.NoError(t, err)
			}
		}
		require.NotZero(t, refuse, w.name)
		assert.Less(t, refuse, collect, w.name)
		assert.Less(t, collect, c.Resources.Limits.Memory().Value()>>20, w.name)
	}
}

// The configurations as the pods get them, checked by the collector itself.
func TestConfigurationsAreValid(t *testing.T) {
	binary := os.Getenv("OTELPLUS_BINARY")
	if binary == "" {
		t.Skip("SKIPPED: OTELPLUS_BINARY is not set; `make test` sets it")
	}
	m := load(t)
	files := map[string]string{}
	literals := []string{}
	for _, g := range m.ConfigMapGenerator {
		literals = append(literals, g.Literals...)
		for _, f := range g.Files {
			key, path, _ := strings.Cut(f, "=")
			files[key] = path
		}
	}
	for _, w := range m.workloads() {
		t.Run(w.name, func(t *testing.T) {
			c := w.pod.Spec.Containers[0]
			args := []string{"validate"}
			for _, arg := range c.Args {
				if path, ok := strings.CutPrefix(arg, "--config=/etc/otelcol-plus/kubernetes/"); ok {
					arg = "--config=" + files[path]
				}
				args = append(args, arg)
			}
			if strings.Contains(w.name, "agent") {
				// With a service account the receiver reads its token's certificate as soon as it is made.
				args = append(args, "--set=receivers.kubelet_stats.auth_type=none")
			}
			cmd := exec.Command(binary, args...)
			cmd.Env = append(literals, "HOME="+t.TempDir())
			for _, e := range c.Env {
				value := e.Value
				if e.ValueFrom != nil {
					value = "127.0.0.1"
				}
				cmd.Env = append(cmd.Env, e.Name+"="+value)
			}
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.NotContains(t, string(out), "not set", "an environment variable is missing")
		})
	}
}

// What kustomize itself makes of it.
func TestKustomizeBuild(t *testing.T) {
	kustomize := os.Getenv("OTELPLUS_KUSTOMIZE")
	if kustomize == "" {
		t.Skip("SKIPPED: OTELPLUS_KUSTOMIZE is not set; `make test` sets it")
	}
	out, err := exec.Command(kustomize, "build", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	rendered := strings.Split(string(out), "\n---\n")
	want := len(load(t).ConfigMapGenerator)
	for _, r := range load(t).Resources {
		data, err := os.ReadFile(r)
		require.NoError(t, err)
		want += bytes.Count(data, []byte("\nkind: "))
	}
	assert.Len(t, rendered, want)
	assert.NotContains(t, string(out), "name: otelcol-plus-backend\n", "references carry the hash of the content")
}

// Kubernetes fills $(NAME) in only where NAME stands before. The patch of the documentation keeps it that way.
func TestEnvironmentRefersToWhatStandsBefore(t *testing.T) {
	check := func(t *testing.T, c corev1.Container) {
		t.Helper()
		before := map[string]bool{}
		for _, e := range c.Env {
			for _, ref := range regexp.MustCompile(`\$\((\w+)\)`).FindAllStringSubmatch(e.Value, -1) {
				assert.True(t, before[ref[1]], "%s refers to %s", e.Name, ref[1])
			}
			before[e.Name] = true
		}
	}
	for _, w := range load(t).workloads() {
		check(t, w.pod.Spec.Containers[0])
	}
	t.Run("patched", func(t *testing.T) {
		kustomize := os.Getenv("OTELPLUS_KUSTOMIZE")
		if kustomize == "" {
			t.Skip("SKIPPED: OTELPLUS_KUSTOMIZE is not set; `make test` sets it")
		}
		doc, err := os.ReadFile("../../docs/kubernetes.md")
		require.NoError(t, err)
		patch := regexp.MustCompile("(?s)```yaml\n(patches:.*?)```").FindSubmatch(doc)
		require.NotNil(t, patch)
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(dir+"/kubernetes", os.DirFS(".")))
		require.NoError(t, os.Mkdir(dir+"/overlay", 0o700))
		require.NoError(t, os.WriteFile(dir+"/overlay/kustomization.yaml", append([]byte("resources: [../kubernetes]\n"), patch[1]...), 0o600))
		out, err := exec.Command(kustomize, "build", dir+"/overlay").CombinedOutput()
		require.NoError(t, err, "%s", out)
		for rendered := range strings.SplitSeq(string(out), "\n---\n") {
			if !strings.Contains(rendered, "\nkind: DaemonSet\n") {
				continue
			}
			var ds appsv1.DaemonSet
			require.NoError(t, yaml.UnmarshalStrict([]byte(rendered), &ds))
			c := ds.Spec.Template.Spec.Containers[0]
			check(t, c)
			assert.Contains(t, c.Env, corev1.EnvVar{Name: "OTEL_RESOURCE_ATTRIBUTES", Value: "k8s.node.name=$(KUBE_NODE_NAME),host.name=$(KUBE_NODE_NAME),k8s.cluster.name=production"})
			return
		}
		t.Fatal("no DaemonSet")
	})
}
