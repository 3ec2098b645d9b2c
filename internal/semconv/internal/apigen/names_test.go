package main

import (
	"encoding/json"
	"fmt"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"http.request.method_original": "HTTPRequestMethodOriginal",
		"k8s.statefulset.uid":          "K8SStatefulSetUID",
		"db.system.name":               "DBSystemName",
		"aws.ecs.container.arn":        "AWSECSContainerARN",
		"host.cpu.cache.l2.size":       "HostCPUCacheL2Size",
		"GET":                          "Get",
		"_OTHER":                       "Other",
		"EU":                           "EU",
		"OK":                           "OK",
		"microsoft.sql_server":         "MicrosoftSQLServer",
		"OOMKilled":                    "OOMKilled",
		"persistentVolumeClaim":        "PersistentVolumeClaim",
		"back-forward-cache":           "BackForwardCache",
		"cdma2000_1xrtt":               "CDMA20001xRTT",
	} {
		assert.Equal(t, want, goName(name))
	}
	for name, want := range map[string]string{
		"request.method": "requestMethod", "url.full": "urlFull", "system": "system", "type": "typeValue", "pipeline.task.run.url.full": "pipelineTaskRunURLFull",
	} {
		assert.Equal(t, want, parameterName(name))
	}
}

// Every line of the table is needed by the facts and spells the word it stands for.
func TestTableOfWords(t *testing.T) {
	data, err := os.ReadFile(facts)
	require.NoError(t, err)
	var r registry
	require.NoError(t, json.Unmarshal(data, &r))
	used := map[string]bool{}
	use := func(name string) {
		assert.True(t, token.IsExported("X"+goName(name)) && token.IsIdentifier("X"+goName(name)), name)
		for _, word := range splitWords(name) {
			used[strings.ToLower(word)] = true
		}
	}
	g := newGenerator(&r)
	for name, a := range g.current {
		use(name)
		for _, m := range a.currentMembers() {
			use(fmt.Sprint(m.Value))
		}
	}
	for _, m := range g.currentMetrics() {
		use(m.Name)
	}
	for _, s := range g.buildableSpans() {
		use(s.name())
	}
	for word, spelt := range words {
		assert.True(t, used[word], "%s is in the table, but in no name", word)
		assert.Equal(t, word, strings.ToLower(spelt))
	}
}
