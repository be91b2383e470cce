package app

import (
	"strings"
	"testing"
	"time"
)

func TestTheLaunchLogIsKeptForTwoDaysAtLeast(t *testing.T) {
	for _, keep := range []time.Duration{-time.Hour, time.Millisecond, 47 * time.Hour} {
		_, err := Open(t.Context(), Config{DataDir: t.TempDir(), PublicURL: "https://practice.example.com", LaunchLogKeep: keep})
		if err == nil || !strings.Contains(err.Error(), "the launch log must be kept for two days at least") {
			t.Errorf("%v: %v", keep, err)
		}
	}
	if got := (Config{}).withDefaults().LaunchLogKeep; got != 90*24*time.Hour {
		t.Errorf("usually kept for %v", got)
	}
}
