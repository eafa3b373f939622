// Pulls images with containerd's client library and says how each pull ended, one line of JSON for each.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/containerd/containerd"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/remotes/docker"
)

type outcome struct {
	Reference string `json:"reference"`
	// Empty where the image was pulled and unpacked.
	Error string `json:"error"`
}

func main() {
	if len(os.Args) < 5 || len(os.Args)%2 == 0 {
		fmt.Fprintln(os.Stderr, "usage: pull SOCKET SNAPSHOTTER [PLATFORM REFERENCE]...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(socket, snapshotter string, pairs []string) error {
	client, err := containerd.New(socket, containerd.WithTimeout(20*time.Second))
	if err != nil {
		return err
	}
	defer client.Close()
	lines := json.NewEncoder(os.Stdout)
	for i := 0; i < len(pairs); i += 2 {
		platform, reference := pairs[i], pairs[i+1]
		// A namespace of its own: what one image left behind is not seen by the next.
		ctx := namespaces.WithNamespace(context.Background(), fmt.Sprintf("image-%d", i))
		if err := lines.Encode(outcome{reference, pull(ctx, client, snapshotter, platform, reference)}); err != nil {
			return err
		}
	}
	return nil
}

func pull(ctx context.Context, client *containerd.Client, snapshotter, platform, reference string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	hosts := docker.ConfigureDefaultRegistries(docker.WithPlainHTTP(docker.MatchLocalhost))
	_, err := client.Pull(ctx, reference,
		containerd.WithPullUnpack,
		containerd.WithPullSnapshotter(snapshotter),
		containerd.WithPlatform(platform),
		containerd.WithResolver(docker.NewResolver(docker.ResolverOptions{Hosts: hosts})))
	if err != nil {
		return err.Error()
	}
	return ""
}
