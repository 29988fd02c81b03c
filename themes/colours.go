package themes

// named is a colour with its key in the file.
type named struct {
	key    string
	colour Colour
}

// all lists the colours with their keys.
func (c Colours) all() []named {
	return []named{
		{"base", c.Base},
		{"selection", c.Selection},
		{"text", c.Text},
		{"subtle", c.Subtle},
		{"faint", c.Faint},
		{"chrome", c.Chrome},
		{"accent", c.Accent},
		{"brand", c.Brand},
		{"key", c.Key},
		{"track", c.Track},
		{"good", c.Good},
		{"info", c.Info},
		{"warning", c.Warning},
		{"danger", c.Danger},
		{"waiting", c.Waiting},
		{"crashed", c.Crashed},
		{"error", c.Error},
		{"limited", c.Limited},
		{"done", c.Done},
		{"unknown", c.Unknown},
		{"starting", c.Starting},
		{"working", c.Working},
		{"idle", c.Idle},
		{"exited", c.Exited},
	}
}

// missing lists the keys of the colours that were not given.
func (c Colours) missing() []string {
	var keys []string
	for _, n := range c.all() {
		if !n.colour.set {
			keys = append(keys, n.key)
		}
	}
	return keys
}
