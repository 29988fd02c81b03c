// What panes show: rows of runs [text, foreground, background, attributes]. They
// become text nodes and colours, never markup.

import {html, Component} from './vendor/preact-htm.js'

const BOLD = 1, FAINT = 2, ITALIC = 4, UNDERLINE = 8, REVERSE = 16, STRIKE = 32, WIDE = 64

// palette has the colours of the theme in force as [r, g, b].
let palette = null
let inks = new Map()

// readPalette takes over the colours of the theme that is in force now.
export function readPalette() {
  const style = getComputedStyle(document.documentElement)
  const of = (name) => parse(style.getPropertyValue('--' + name).trim())
  palette = {base: of('base'), text: of('text'), ansi: Array.from({length: 16}, (_, i) => of('ansi' + i))}
  inks = new Map()
}

function parse(hex) {
  const n = parseInt(hex.slice(1), 16) || 0
  return [n >> 16, n >> 8 & 255, n & 255]
}

// indexed is one of the 256 colours.
function indexed(n) {
  if (n < 16) return palette.ansi[n]
  if (n >= 232) { const v = 8 + 10 * (n - 232); return [v, v, v] }
  const level = (i) => (i ? 55 + 40 * i : 0)
  n -= 16
  return [level(Math.floor(n / 36)), level(Math.floor(n / 6) % 6), level(n % 6)]
}

const colour = (c, none) => (c === null || c === undefined ? none : typeof c === 'number' ? indexed(c) : parse(c))
const css = (c) => 'rgb(' + c.join(',') + ')'
const mix = (a, b, part) => a.map((v, i) => Math.round(v * part + b[i] * (1 - part)))

function luminance(c) {
  const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a, b) {
  const x = luminance(a), y = luminance(b)
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

// readable moves a colour towards black or white until it can be read on its ground:
// programs choose their colours for the terminal that they run in, not for this theme.
function readable(fg, bg, least) {
  if (contrast(fg, bg) >= least) return fg
  const to = luminance(bg) < 0.18 ? [255, 255, 255] : [0, 0, 0]
  for (let part = 0.9; part > 0; part -= 0.1) {
    const c = mix(fg, to, part)
    if (contrast(c, bg) >= least) return c
  }
  return to
}

// drawing are characters that lines and boxes are made of. Nobody reads them, but they
// have to be seen; on a ground of their own they often are to look like the one beside.
const drawing = /^[\s\u2500-\u259f]*$/

// fit chooses the size of the letters of screens so that a cell is a whole number of
// the device's pixels: what is drawn of blocks and lines has no seams then.
export function fit() {
  const probe = document.createElement('span')
  probe.textContent = 'M'.repeat(100)
  probe.style.cssText = 'position:absolute;visibility:hidden;white-space:pre;font-size:100px'
  document.body.append(probe)
  const cell = probe.getBoundingClientRect().width / 1e4
  probe.remove()
  for (const size of [11, 12]) {
    const pixels = Math.max(Math.round(size * cell * devicePixelRatio), 1)
    document.documentElement.style.setProperty('--screen-' + size, (pixels / devicePixelRatio / cell).toFixed(3) + 'px')
  }
}

// ink is the style of a run.
function ink(fg, bg, flags, drawn) {
  const key = fg + '|' + bg + '|' + flags + '|' + drawn
  let style = inks.get(key)
  if (style) return style
  let f = colour(fg, palette.text), b = colour(bg, palette.base)
  if (flags & FAINT) f = mix(f, b, 0.6)
  if (flags & REVERSE) [f, b] = [b, f]
  style = {color: css(readable(f, b, drawn ? (flags & REVERSE || bg != null ? 1 : 1.5) : 4.5))}
  if (bg !== null && bg !== undefined || flags & REVERSE) style.background = css(b)
  if (flags & BOLD) style.fontWeight = '700'
  if (flags & ITALIC) style.fontStyle = 'italic'
  const lines = [flags & UNDERLINE && 'underline', flags & STRIKE && 'line-through'].filter(Boolean)
  if (lines.length) style.textDecoration = lines.join(' ')
  inks.set(key, style)
  return style
}

const blank = (row) => (typeof row === 'string' ? row.trim() === '' : row.every((r) => (typeof r === 'string' ? r : r[2] == null && !(r[3] & REVERSE) ? r[0] : 'x').trim() === ''))

// Row is one row. It is drawn anew only when it has changed.
class Row extends Component {
  shouldComponentUpdate(next) { return next.row !== this.props.row || next.inks !== this.props.inks || next.found !== this.props.found }
  render({row, found}) {
    const name = found ? 'row found' : 'row'
    if (typeof row === 'string') return html`<div class=${name}>${row || '\u00a0'}</div>`
    return html`<div class=${name}>${row.map((r) => (typeof r === 'string' ? r
      : html`<span class=${r[3] & WIDE ? 'wide' : null} style=${ink(r[1], r[2], r[3] | 0, drawing.test(r[0]))}>${r[0]}</span>`))}</div>`
  }
}

// trimmed is a screen without the blank rows at its end.
export function trimmed(rows) {
  let n = rows.length
  while (n > 0 && blank(rows[n - 1])) n--
  return rows.slice(0, n)
}

// textOf is a row without its colours.
export const textOf = (row) => (typeof row === 'string' ? row : row.map((r) => (typeof r === 'string' ? r : r[0])).join(''))

// Screen draws rows from the bottom up, at most so many. One may be marked, by its place.
export function Screen({screen, most, label, marked, focusable}) {
  if (!palette) readPalette()
  if (!screen) return html`<div class="screen empty" role="img" aria-label=${label}>…</div>`
  const rows = trimmed(screen.rows)
  const first = most ? Math.max(rows.length - most, 0) : 0
  return html`<div class="screen" role=${focusable ? 'region' : 'group'} tabindex=${focusable ? 0 : null} aria-label=${label}>
    ${screen.problem ? html`<div class="row problem">${screen.problem}</div>` : null}
    ${rows.slice(first).map((row, i) => html`<${Row} key=${first + i} row=${row} inks=${inks} found=${first + i === marked} />`)}
  </div>`
}
