package cache

// Key names one cached fact. It is comparable.
type Key struct {
	// Server is the path of the tmux server's socket.
	Server string
	// Pane is tmux's pane id, such as "%3"; empty for a fact about the server.
	Pane string
	// Item tells apart several facts about one pane in one store.
	Item string
}

// String returns "socket %3 item" without the parts that are empty.
func (k Key) String() string {
	text := k.Server
	for _, part := range []string{k.Pane, k.Item} {
		if part != "" {
			text += " " + part
		}
	}
	return text
}

// Version orders results by what they were made from: a result made from later
// facts has a greater version. Only versions of the same key are compared.
type Version uint64

// keyIndex finds values by key, and all values of a pane or of a server without
// a look at any other. It is not safe for concurrent use.
type keyIndex[T any] struct {
	servers map[string]map[string]map[string]T
	size    int
}

func newKeyIndex[T any]() keyIndex[T] {
	return keyIndex[T]{servers: make(map[string]map[string]map[string]T)}
}

func (x *keyIndex[T]) get(k Key) (T, bool) {
	v, ok := x.servers[k.Server][k.Pane][k.Item]
	return v, ok
}

// set stores v, in the place of an older value of the key.
func (x *keyIndex[T]) set(k Key, v T) {
	panes := x.servers[k.Server]
	if panes == nil {
		panes = make(map[string]map[string]T)
		x.servers[k.Server] = panes
	}
	items := panes[k.Pane]
	if items == nil {
		items = make(map[string]T, 1)
		panes[k.Pane] = items
	}
	if _, known := items[k.Item]; !known {
		x.size++
	}
	items[k.Item] = v
}

// remove drops a key, and the maps that it leaves empty: panes come and go for
// as long as the program runs.
func (x *keyIndex[T]) remove(k Key) {
	panes := x.servers[k.Server]
	items := panes[k.Pane]
	if _, known := items[k.Item]; !known {
		return
	}
	x.size--
	delete(items, k.Item)
	if len(items) == 0 {
		delete(panes, k.Pane)
	}
	if len(panes) == 0 {
		delete(x.servers, k.Server)
	}
}

// ofPane lists the values of one pane.
func (x *keyIndex[T]) ofPane(server, pane string) []T {
	items := x.servers[server][pane]
	found := make([]T, 0, len(items))
	for _, v := range items {
		found = append(found, v)
	}
	return found
}

// ofServer lists the values of one server and of all its panes.
func (x *keyIndex[T]) ofServer(server string) []T {
	var found []T
	for pane := range x.servers[server] {
		found = append(found, x.ofPane(server, pane)...)
	}
	return found
}

// all lists every value.
func (x *keyIndex[T]) all() []T {
	found := make([]T, 0, x.size)
	for server := range x.servers {
		found = append(found, x.ofServer(server)...)
	}
	return found
}
