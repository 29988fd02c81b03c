package picture

import "strings"

// weight is the line of one arm of a box-drawing character.
type weight uint8

const (
	absent weight = iota
	light
	heavy
	double
)

// half is half the thickness of an arm's lines.
func (w weight) half() float64 {
	switch w {
	case absent:
		return 0
	case heavy:
		return 1.5
	default:
		return 0.5
	}
}

// apart is the distance of a double line's lines from its middle.
const apart = 2

// arms are the lines that go from the middle of a cell to its edges.
type arms struct{ left, right, up, down weight }

// boxArms has the arms of U+2500 to U+257F, four digits each: left, right, up
// and down. It follows their names in Unicode; dashes, arcs and diagonals have
// none.
const boxArms = "" +
	"1100 2200 0011 0022 0000 0000 0000 0000 " + // ─━│┃┄┅┆┇
	"0000 0000 0000 0000 0101 0201 0102 0202 " + // ┈┉┊┋┌┍┎┏
	"1001 2001 1002 2002 0110 0210 0120 0220 " + // ┐┑┒┓└┕┖┗
	"1010 2010 1020 2020 0111 0211 0121 0112 " + // ┘┙┚┛├┝┞┟
	"0122 0221 0212 0222 1011 2011 1021 1012 " + // ┠┡┢┣┤┥┦┧
	"1022 2021 2012 2022 1101 2101 1201 2201 " + // ┨┩┪┫┬┭┮┯
	"1102 2102 1202 2202 1110 2110 1210 2210 " + // ┰┱┲┳┴┵┶┷
	"1120 2120 1220 2220 1111 2111 1211 2211 " + // ┸┹┺┻┼┽┾┿
	"1121 1112 1122 2121 1221 2112 1212 2221 " + // ╀╁╂╃╄╅╆╇
	"2212 2122 1222 2222 0000 0000 0000 0000 " + // ╈╉╊╋╌╍╎╏
	"3300 0033 0301 0103 0303 3001 1003 3003 " + // ═║╒╓╔╕╖╗
	"0310 0130 0330 3010 1030 3030 0311 0133 " + // ╘╙╚╛╜╝╞╟
	"0333 3011 1033 3033 3301 1103 3303 3310 " + // ╠╡╢╣╤╥╦╧
	"1130 3330 3311 1133 3333 0000 0000 0000 " + // ╨╩╪╫╬╭╮╯
	"0000 0000 0000 0000 1000 0010 0100 0001 " + // ╰╱╲╳╴╵╶╷
	"2000 0020 0200 0002 1200 0012 2100 0021 " // ╸╹╺╻╼╽╾╿

// armsOf looks a box-drawing character up.
func armsOf(r rune) arms {
	digits := boxArms[int(r-0x2500)*5:]
	return arms{weight(digits[0] - '0'), weight(digits[1] - '0'), weight(digits[2] - '0'), weight(digits[3] - '0')}
}

// box draws a character of U+2500 to U+257F.
func (p place) box(r rune) {
	switch {
	case strings.ContainsRune("╭╮╯╰", r):
		p.arc(r)
	case strings.ContainsRune("╱╲╳", r):
		p.diagonal(r)
	case r >= '┄' && r <= '┋':
		p.dashes(3+int(r-'┄')/4, r%4 >= 2, r%2 == 1)
	case r >= '╌' && r <= '╏':
		p.dashes(2, r >= '╎', r%2 == 1)
	default:
		a := armsOf(r)
		p.arm(true, 1, a.right, a.left, a.up, a.down)
		p.arm(true, -1, a.left, a.right, a.up, a.down)
		p.arm(false, 1, a.down, a.up, a.left, a.right)
		p.arm(false, -1, a.up, a.down, a.left, a.right)
	}
}

// arm draws one arm: along a row or a column, towards the larger or smaller
// coordinates. before and after are the arms across, opposite is its
// continuation.
func (p place) arm(along bool, sign float64, w, opposite, before, after weight) {
	switch w {
	case absent:
	case double:
		p.armLine(along, sign, w, -apart, insetDouble(opposite, before, after))
		p.armLine(along, sign, w, apart, insetDouble(opposite, after, before))
	default:
		p.armLine(along, sign, w, 0, insetSingle(opposite, before, after))
	}
}

// insetSingle is how far from the middle a single line begins, negative when it
// reaches over it to make a corner.
func insetSingle(opposite, before, after weight) float64 {
	switch {
	case opposite != absent:
		return 0
	case before == double && after == double:
		return apart
	case before == double || after == double:
		return -apart - 0.5
	default:
		return -max(before, after).half()
	}
}

// insetDouble is the same for one line of a double; near is the arm across on
// its side.
func insetDouble(opposite, near, far weight) float64 {
	switch {
	case near == double:
		return apart - 0.5
	case opposite != absent:
		return 0
	case near == absent && far == double:
		return -apart - 0.5
	default:
		return -max(near, far).half()
	}
}

// armLine draws a line beside the middle of the cell, from inset to its edge.
func (p place) armLine(along bool, sign float64, w weight, beside, inset float64) {
	middle, reach, at := p.x+middleX, middleX, p.y+middleY
	if !along {
		middle, reach, at = p.y+middleY, middleY, p.x+middleX
	}
	from, to := middle+sign*inset, middle+sign*reach
	p.c.lines.add(p.pen(w), segment{vertical: !along, at: at + beside, from: min(from, to), to: max(from, to)})
}

func (p place) pen(w weight) pen { return pen{p.look.fg, 2 * w.half()} }

// dashes draws n dashes across or down the cell.
func (p place) dashes(n int, vertical, thick bool) {
	length, at, start := float64(cellWidth), p.y+middleY, p.x
	if vertical {
		length, at, start = cellHeight, p.x+middleX, p.y
	}
	w := light
	if thick {
		w = heavy
	}
	period := length / float64(n)
	for i := range n {
		from := start + (float64(i)+0.2)*period
		p.c.lines.add(p.pen(w), segment{vertical: vertical, at: at, from: from, to: from + 0.6*period})
	}
}

// arc draws a rounded corner: a quarter of a circle, and the rest of the
// upright line.
func (p place) arc(r rune) {
	const radius = middleX
	x, y := p.x+middleX, p.y+middleY
	side, upright, sweep := radius, radius, " 0 0 1 "
	if r == '╮' || r == '╯' {
		side = -radius
	}
	if r == '╯' || r == '╰' {
		upright = -radius
	}
	if side*upright < 0 {
		sweep = " 0 0 0 "
	}
	end := p.y + cellHeight
	if upright < 0 {
		end = p.y
	}
	p.c.lines.add(p.pen(light), segment{vertical: true, at: x, from: min(y+upright, end), to: max(y+upright, end)})
	p.c.curves.add(p.pen(light), "M"+number(x)+" "+number(y+upright)+
		"A"+number(radius)+" "+number(radius)+sweep+number(x+side)+" "+number(y))
}

// diagonal draws a line from corner to corner, or both.
func (p place) diagonal(r rune) {
	left, right := number(p.x), number(p.x+cellWidth)
	top, bottom := number(p.y), number(p.y+cellHeight)
	if r != '╲' {
		p.c.curves.add(p.pen(light), "M"+right+" "+top+"L"+left+" "+bottom)
	}
	if r != '╱' {
		p.c.curves.add(p.pen(light), "M"+left+" "+top+"L"+right+" "+bottom)
	}
}
