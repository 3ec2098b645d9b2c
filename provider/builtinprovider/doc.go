// Package builtinprovider is a confmap.Provider for the configurations that are embedded in the binary:
// "--config builtin:standalone", "builtin:agent" and "builtin:gateway".
package builtinprovider

//go:generate ../../.tools/mdatagen metadata.yaml
