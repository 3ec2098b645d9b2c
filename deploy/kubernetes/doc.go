// Package kubernetes holds the manifests of a deployment in Kubernetes, and the tests that hold them together.
package kubernetes
