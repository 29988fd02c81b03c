package ui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
)

// grid is the view with a live tile for each agent.
type grid struct {
	*desk
	size   block.Size
	layout gridLayout
	tiles  map[health.PaneRef]*block.Memo[tileVersion]
}

func newGrid(d *desk) *grid {
	return &grid{desk: d, tiles: map[health.PaneRef]*block.Memo[tileVersion]{}}
}

// gridLayout says how the tiles stand.
type gridLayout struct{ columns, rows int }

// page is how many tiles are seen at once.
func (l gridLayout) page() int { return l.columns * l.rows }

const (
	// leastTile is the size below which a tile tells nothing.
	leastTileWidth, leastTileHeight = 34, 6
	// bestTile is the width of the best tile by its height.
	bestTile = 4.0
)

// gridLayoutFor finds the arrangement of so many tiles in which each is as large
// and as well shaped as can be; when not all fit, as many as do.
func gridLayoutFor(n int, size block.Size) gridLayout {
	most := gridLayout{max(size.W/leastTileWidth, 1), max(size.H/leastTileHeight, 1)}
	if n >= most.page() {
		return most
	}
	best, least := most, -1.0
	for columns := 1; columns <= most.columns; columns++ {
		l := gridLayout{columns, (max(n, 1) + columns - 1) / columns}
		if l.rows > most.rows {
			continue
		}
		// A tile wider than its best shape, or higher, shows no more for it.
		w, h := float64(size.W/columns), float64(size.H/l.rows)
		useful := min(w, h*bestTile) * min(h, w/bestTile*2)
		if useful > least {
			best, least = l, useful
		}
	}
	return best
}

// resize implements view.
func (g *grid) resize(size block.Size) {
	g.size = size
	g.layout = gridLayoutFor(len(g.fleet.roster().Agents()), block.Size{W: size.W, H: max(size.H-1, 1)})
}

// first is the place of the first tile of the page with the selection.
func (g *grid) first() int {
	at := min(g.fleet.list.Index(), max(len(g.fleet.roster().Agents())-1, 0))
	return at / g.layout.page() * g.layout.page()
}

// place is where the tile at that place of the page stands. What does not divide
// evenly goes to the first columns and rows.
func (g *grid) place(i int) rect {
	column, row := i%g.layout.columns, i/g.layout.columns
	x, w := part(g.size.W, g.layout.columns, column)
	y, h := part(max(g.size.H-1, 1), g.layout.rows, row)
	return rect{x, y, w, h}
}

// part is the beginning and length of one of n parts of a whole.
func part(whole, n, i int) (from, length int) {
	each, rest := whole/n, whole%n
	return each*i + min(i, rest), each + b2i(i < rest)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// seen is how many tiles the page has.
func (g *grid) seen() int {
	return min(max(len(g.fleet.roster().Agents())-g.first(), 0), g.layout.page())
}

// shows implements shower.
func (g *grid) shows() []health.PaneRef { return g.page(g.first()) }

// likely implements shower: the next page.
func (g *grid) likely() []health.PaneRef { return g.page(g.first() + g.layout.page()) }

// page are the agents of the page that begins at that place of the list.
func (g *grid) page(first int) []health.PaneRef {
	agents := g.fleet.roster().Agents()
	first = min(first, len(agents))
	var refs []health.PaneRef
	for _, a := range agents[first:min(first+g.layout.page(), len(agents))] {
		refs = append(refs, a.Ref)
	}
	return refs
}

// perform implements view.
func (g *grid) perform(a keys.Action) (tea.Cmd, bool) {
	by := 0
	switch a {
	case keys.Left:
		by = -1
	case keys.Right:
		by = 1
	case keys.Up:
		by = -g.layout.columns
	case keys.Down:
		by = g.layout.columns
	default:
		steps, moves := g.steps(a, g.layout.page())
		if !moves {
			return nil, false
		}
		by = steps
	}
	g.step(a, by)
	return nil, true
}

// step moves through the tiles. Up and down stay in their column; where there is
// no tile, nothing moves.
func (g *grid) step(a keys.Action, by int) {
	to := g.fleet.list.Index() + by
	if last := len(g.fleet.roster().Agents()) - 1; a == keys.Down && to > last && g.fleet.list.Index()/g.layout.columns < last/g.layout.columns {
		// The last row is shorter: its last tile is the one below.
		by = last - g.fleet.list.Index()
		to = last
	}
	if last := len(g.fleet.roster().Agents()) - 1; (a == keys.Up || a == keys.Down) && last >= 0 && (to < 0 || to > last) {
		if a == keys.Up {
			g.tell("this is the first row")
		} else {
			g.tell("this is the last row")
		}
		return
	}
	g.move(by)
}

// hit implements view.
func (g *grid) hit(x, y int) hit {
	agents, first := g.fleet.roster().Agents(), g.first()
	for i := range g.seen() {
		if g.place(i).contains(x, y) {
			return hit{ref: agents[first+i].Ref, agent: true}
		}
	}
	return hit{}
}

// wheel implements view: it turns the pages.
func (g *grid) wheel(_, _, by int) tea.Cmd {
	a := keys.PageDown
	if by > 0 {
		a = keys.PageUp
	}
	cmd, _ := g.perform(a)
	return cmd
}

// draw implements view.
func (g *grid) draw() block.Block {
	agents := g.fleet.roster().Agents()
	body := block.Size{W: g.size.W, H: max(g.size.H-1, 1)}
	if len(agents) == 0 {
		return block.Stack(block.Centre(g.emptyList(ViewGrid, body.W), body), block.Of([]string{g.status()}, block.Size{W: g.size.W, H: g.size.H - body.H}))
	}
	first, seen := g.first(), g.seen()
	kept := make(map[health.PaneRef]*block.Memo[tileVersion], seen)
	var rows []block.Block
	for row := range g.layout.rows {
		var parts []block.Block
		for column := range g.layout.columns {
			i := row*g.layout.columns + column
			place := g.place(i)
			if i >= seen {
				parts = append(parts, block.Of(nil, place.size()))
				continue
			}
			a := agents[first+i]
			memo := g.tiles[a.Ref]
			if memo == nil {
				memo = &block.Memo[tileVersion]{}
			}
			kept[a.Ref] = memo
			parts = append(parts, memo.Draw(g.tile(a.Ref, first+i), place.size()))
		}
		rows = append(rows, block.Beside(0, parts...))
	}
	g.tiles = kept
	return block.Stack(append(rows, block.Of([]string{g.status()}, block.Size{W: g.size.W, H: g.size.H - body.H}))...)
}

// tile is the tile of the agent at that place of the list.
func (g *grid) tile(ref health.PaneRef, at int) tile {
	return tile{
		styles: g.styles(), agent: g.fleet.roster().Agents()[at], name: g.fleet.roster().Name(g.fleet.roster().Agents()[at]), screen: g.screens.of(ref), selected: at == g.fleet.list.Index(),
		marked: g.fleet.marked(ref), glow: g.glow.strength(ref, g.now), now: g.now,
	}
}

// status says what is listed, and which page of it is seen.
func (g *grid) status() string {
	s := g.styles()
	title, facts := g.listing("agents")
	line := block.Spaces(g.margin) + title + s.Faint.Paint("  ") + facts
	agents := len(g.fleet.roster().Agents())
	if pages := (agents + g.layout.page() - 1) / g.layout.page(); pages > 1 {
		page := strconv.Itoa(g.first()/g.layout.page()+1) + " of " + strconv.Itoa(pages)
		line += s.Faint.Paint("  "+s.Glyphs.Dot+"  page ") + s.Text.Paint(page)
		needy := 0
		for i, a := range g.fleet.roster().Agents() {
			if roster.NeedOf(a.Urgency()) == roster.NeedAnswer && (i < g.first() || i >= g.first()+g.seen()) {
				needy++
			}
		}
		if needy > 0 {
			line += s.Warning.Paint("  " + strconv.Itoa(needy) + " on other pages " + needWords(needy))
		}
	}
	return line
}
