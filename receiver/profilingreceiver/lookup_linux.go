package profilingreceiver

const (
	kindNative = "native"
	kindKernel = "kernel"
	kindGo     = "go"
)

// lookUp answers from what learn has gathered. A frame without a name keeps
// what a backend needs to name it: build ID and address.
func (n *namer) lookUp(f frame) place {
	switch f.file {
	case fileKernel:
		return n.kernelPlace(f.off)
	case fileOther:
		return place{name: "[other]", kind: kindNative}
	case fileUnknown, fileAnon:
		return place{kind: kindNative, addr: f.off}
	}
	p := place{kind: kindNative, addr: f.off, buildID: f.file.Value().buildID}
	e := n.entry(f.file)
	if e == nil || e.File == nil {
		return p
	}
	if p.buildID == "" {
		p.buildID = e.File.BuildID
	}
	addr, seg, ok := e.File.Addr(f.off)
	if !ok {
		return p
	}
	p.addr, p.start, p.limit, p.off = addr, seg.Addr, seg.Addr+seg.MemSize, seg.Off
	if fn, _ := e.Find(addr); fn != nil {
		p.name, p.linkage = fn.Name, fn.Linkage
		if fn.Go {
			p.kind = kindGo
		}
	}
	return p
}

func (n *namer) kernelPlace(addr uint64) place {
	p := place{kind: kindKernel, addr: addr, buildID: n.kernelID}
	if n.kernel != nil {
		p.name = n.kernel.Name(addr)
	}
	return p
}
