//go:build tools

// Package engine pins the Pulumi CLI that the demo and the tests build where no `pulumi` is installed.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
