package themes

// Meanings has one value for everything that the dashboard gives a colour.
type Meanings[T any] struct {
	// Base is the background that the palette is made for. It is not painted;
	// it is what a fading highlight fades to.
	Base T `toml:"base"`
	// Selection is the background of the selected row.
	Selection T `toml:"selection"`
	// Text, Subtle and Faint are three steps of text; Chrome is for frames.
	Text   T `toml:"text"`
	Subtle T `toml:"subtle"`
	Faint  T `toml:"faint"`
	Chrome T `toml:"chrome"`
	// Accent marks what is selected, Brand the program's name, Key a key that
	// can be pressed, Track the empty part of a bar.
	Accent T `toml:"accent"`
	Brand  T `toml:"brand"`
	Key    T `toml:"key"`
	Track  T `toml:"track"`
	// Good, Info, Warning and Danger grade figures and notices.
	Good    T `toml:"good"`
	Info    T `toml:"info"`
	Warning T `toml:"warning"`
	Danger  T `toml:"danger"`
	// The rest is one per state of an agent.
	Waiting  T `toml:"waiting"`
	Crashed  T `toml:"crashed"`
	Error    T `toml:"error"`
	Limited  T `toml:"limited"`
	Done     T `toml:"done"`
	Unknown  T `toml:"unknown"`
	Starting T `toml:"starting"`
	Working  T `toml:"working"`
	Idle     T `toml:"idle"`
	Exited   T `toml:"exited"`
}

// meaning is one of the values, with its key in the file.
type meaning[T any] struct {
	key   string
	value *T
}

// all lists the values with their keys, always in the same order.
func (m *Meanings[T]) all() []meaning[T] {
	return []meaning[T]{
		{"base", &m.Base},
		{"selection", &m.Selection},
		{"text", &m.Text},
		{"subtle", &m.Subtle},
		{"faint", &m.Faint},
		{"chrome", &m.Chrome},
		{"accent", &m.Accent},
		{"brand", &m.Brand},
		{"key", &m.Key},
		{"track", &m.Track},
		{"good", &m.Good},
		{"info", &m.Info},
		{"warning", &m.Warning},
		{"danger", &m.Danger},
		{"waiting", &m.Waiting},
		{"crashed", &m.Crashed},
		{"error", &m.Error},
		{"limited", &m.Limited},
		{"done", &m.Done},
		{"unknown", &m.Unknown},
		{"starting", &m.Starting},
		{"working", &m.Working},
		{"idle", &m.Idle},
		{"exited", &m.Exited},
	}
}
