package block

// Part is what the dashboard is composed of: Version is a comparable value that
// changes whenever drawing at the same size would give something else, Draw
// draws at a size.
type Part[V comparable] interface {
	Version() V
	Draw(size Size) Block
}

// Memo keeps what a part drew last. It is not safe for concurrent use. The zero
// value is empty.
type Memo[V comparable] struct {
	version V
	size    Size
	block   Block
}

// Draw returns the part's block, drawn again only when its version or the size
// has changed.
func (m *Memo[V]) Draw(part Part[V], size Size) Block {
	version := part.Version()
	if m.block == nil || m.version != version || m.size != size {
		m.version, m.size, m.block = version, size, part.Draw(size)
	}
	return m.block
}
