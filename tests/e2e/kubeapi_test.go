package e2e

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

// kubeAPI is a Kubernetes API server as far as watching goes: GET /api/v1/RESOURCE lists, with watch=true it streams events,
// whole objects or only their metadata, whichever is asked for. It serves HTTPS, wants its token, applies field selectors, and
// allows no more than the rules it was given.
type kubeAPI struct {
	*httptest.Server
	rules []rbacv1.PolicyRule

	mu     sync.Mutex
	down   bool
	log    []kubeEvent     // everything that happened; its length is the version of the whole
	grown  chan struct{}   // closed when log gets longer
	used   map[string]bool // "verb resource" of what was allowed
	denied []string
}

const kubeToken = "token-of-the-agent"

// kubeEvent is an object that was added or changed.
type kubeEvent struct {
	resource string
	object   map[string]any
	fields   fields.Set
}

func startKubeAPI(t *testing.T, rules []rbacv1.PolicyRule) *kubeAPI {
	t.Helper()
	api := &kubeAPI{rules: rules, grown: make(chan struct{}), used: map[string]bool{}}
	api.Server = httptest.NewTLSServer(api)
	// Watches never end by themselves.
	t.Cleanup(func() {
		api.CloseClientConnections()
		api.Close()
	})
	return api
}

// kubeconfig writes a configuration for clients of this server and returns its path.
func (api *kubeAPI) kubeconfig(t *testing.T) string {
	t.Helper()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: api.Certificate().Raw})
	config := map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"clusters": []any{map[string]any{"name": "test", "cluster": map[string]any{"server": api.URL, "certificate-authority-data": ca}}},
		"users":    []any{map[string]any{"name": "agent", "user": map[string]any{"token": kubeToken}}},
		"contexts": []any{map[string]any{"name": "test", "context": map[string]any{"cluster": "test", "user": "agent"}}},
	}
	data, err := json.Marshal(config) // which is YAML too
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// add adds objects of one resource, or changes them, and tells watchers.
func (api *kubeAPI) add(t *testing.T, resource string, objects ...metav1.Object) {
	t.Helper()
	api.mu.Lock()
	defer api.mu.Unlock()
	for _, object := range objects {
		object.SetResourceVersion(strconv.Itoa(len(api.log) + 1))
		data, err := json.Marshal(object)
		require.NoError(t, err)
		e := kubeEvent{resource: resource}
		require.NoError(t, json.Unmarshal(data, &e.object))
		e.object["apiVersion"], e.object["kind"] = "v1", kubeKinds[resource]
		node := ""
		if spec, ok := e.object["spec"].(map[string]any); ok {
			node, _ = spec["nodeName"].(string)
		}
		e.fields = fields.Set{"metadata.name": object.GetName(), "spec.nodeName": node}
		api.log = append(api.log, e)
	}
	close(api.grown)
	api.grown = make(chan struct{})
}

// setDown makes the server break every connection, or stop doing so.
func (api *kubeAPI) setDown(down bool) {
	api.mu.Lock()
	defer api.mu.Unlock()
	api.down = down
}

// asked returns what was allowed, as "verb resource", and what was refused.
func (api *kubeAPI) asked() (used, denied []string) {
	api.mu.Lock()
	defer api.mu.Unlock()
	for u := range api.used {
		used = append(used, u)
	}
	slices.Sort(used)
	return used, slices.Clone(api.denied)
}

func (api *kubeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api.mu.Lock()
	down := api.down
	api.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler)
	}
	resource, ok := strings.CutPrefix(r.URL.Path, "/api/v1/")
	query := r.URL.Query()
	selector, err := fields.ParseSelector(query.Get("fieldSelector"))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+kubeToken:
		refuse(w, http.StatusUnauthorized, metav1.StatusReasonUnauthorized)
		return
	case !ok || r.Method != http.MethodGet || strings.Contains(resource, "/"):
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	verb := "list"
	if query.Get("watch") == "true" || query.Get("watch") == "1" {
		verb = "watch"
	}
	if !api.allow(verb, resource, selector) {
		refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden)
		return
	}
	q := kubeQuery{resource: resource, selector: selector, partial: strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")}
	w.Header().Set("Content-Type", "application/json")
	if verb == "list" {
		_ = json.NewEncoder(w).Encode(api.list(q))
		return
	}
	from := 0 // with sendInitialEvents everything there is comes first
	if query.Get("sendInitialEvents") != "true" {
		from, _ = strconv.Atoi(query.Get("resourceVersion"))
	}
	api.watch(w, r, q, from)
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Reason: reason, Code: int32(code),
	})
}

// allow decides as RBAC does: a rule for named objects covers a list or watch that selects one of them by name.
func (api *kubeAPI) allow(verb, resource string, selector fields.Selector) bool {
	api.mu.Lock()
	defer api.mu.Unlock()
	name, _ := selector.RequiresExactMatch("metadata.name")
	for _, rule := range api.rules {
		if slices.Contains(rule.APIGroups, "") && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Verbs, verb) &&
			(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, name)) {
			api.used[verb+" "+resource] = true
			return true
		}
	}
	api.denied = append(api.denied, fmt.Sprintf("%s %s (%s)", verb, resource, selector))
	return false
}

// kubeQuery is what a client asks for.
type kubeQuery struct {
	resource string
	selector fields.Selector
	partial  bool
}

func (q kubeQuery) matches(e kubeEvent) bool {
	return e.resource == q.resource && q.selector.Matches(e.fields)
}

var kubeKinds = map[string]string{"pods": "Pod", "nodes": "Node", "namespaces": "Namespace"}

// form is an object as the client wants it.
func (q kubeQuery) form(object map[string]any) map[string]any {
	if q.partial {
		return map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": object["metadata"]}
	}
	return object
}

func (api *kubeAPI) list(q kubeQuery) map[string]any {
	api.mu.Lock()
	defer api.mu.Unlock()
	latest := map[string]map[string]any{}
	for _, e := range api.log {
		if q.matches(e) {
			latest[e.fields["metadata.name"]] = q.form(e.object)
		}
	}
	items := []any{}
	for _, object := range latest {
		items = append(items, object)
	}
	list := map[string]any{
		"apiVersion": "v1", "kind": kubeKinds[q.resource] + "List", "items": items,
		"metadata": map[string]any{"resourceVersion": strconv.Itoa(len(api.log))},
	}
	if q.partial {
		list["apiVersion"], list["kind"] = "meta.k8s.io/v1", "PartialObjectMetadataList"
	}
	return list
}

// watch streams what happened after a version until the client goes away. With version 0 a bookmark marks the end of what
// there was.
func (api *kubeAPI) watch(w http.ResponseWriter, r *http.Request, q kubeQuery, version int) {
	out := json.NewEncoder(w)
	initial := version == 0
	for {
		api.mu.Lock()
		events, grown := api.log[version:], api.grown
		version = len(api.log)
		api.mu.Unlock()
		for _, e := range events {
			if q.matches(e) && out.Encode(map[string]any{"type": "ADDED", "object": q.form(e.object)}) != nil {
				return
			}
		}
		if initial {
			initial = false
			end := q.form(map[string]any{"apiVersion": "v1", "kind": kubeKinds[q.resource], "metadata": map[string]any{
				"resourceVersion": strconv.Itoa(version),
				"annotations":     map[string]any{metav1.InitialEventsAnnotationKey: "true"},
			}})
			if out.Encode(map[string]any{"type": "BOOKMARK", "object": end}) != nil {
				return
			}
		}
		w.(http.Flusher).Flush()
		select {
		case <-grown:
		case <-r.Context().Done():
			return
		}
	}
}
