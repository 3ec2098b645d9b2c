package pprofexporter

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
)

func TestFullDiskIsRetryable(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("SKIPPED: a small file system cannot be mounted (needs CAP_SYS_ADMIN): %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })

	h := start(t, dir)
	h.push(shop(noon, map[string]int64{"a": 1}))
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 40<<10), 0o600))
	noise := map[string]int64{}
	for i := range 4000 {
		noise[fmt.Sprintf("%x.%x", i*2654435761, i*40503*2246822519)] = 1
	}
	pd := request(t, shop(noon, map[string]int64{"a": 10}), part{"noisy", "samples", "count", noon, noise})
	err := h.pushProfiles(t.Context(), pd)
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.False(t, consumererror.IsPermanent(err))
	assert.Equal(t, []string{"ballast", "shop.samples.20260102T120000Z.pb.gz"}, h.names())

	require.NoError(t, os.Remove(ballast))
	require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=4m"))
	require.NoError(t, h.pushProfiles(t.Context(), pd))
	assert.Equal(t, map[string]int64{"a": 11}, h.values("shop.samples.20260102T120000Z.pb.gz"), "counted once")
}
