package profilingreceiver

import "strings"

// containerID finds the container in /proc/PID/cgroup: the last 64 hex digits
// of a path element, as Docker, containerd, CRI-O and Podman write them.
//
//	0::/kubepods.slice/kubepods-pod3f.slice/cri-containerd-7d1c….scope
func containerID(cgroup string) string {
	for line := range strings.Lines(cgroup) {
		for elem := range strings.SplitSeq(line, "/") {
			elem = strings.TrimSuffix(strings.TrimSpace(elem), ".scope")
			elem = elem[strings.LastIndexByte(elem, '-')+1:]
			elem = elem[strings.LastIndexByte(elem, ':')+1:]
			if len(elem) == 64 && strings.Trim(elem, "0123456789abcdef") == "" {
				return strings.Clone(elem)
			}
		}
	}
	return ""
}
