// The search over the screens and the scroll-back of all agents, and of their stored
// screens where there are some.

import {html, useState, useEffect, useRef} from './vendor/preact-htm.js'
import {state, ask, redraw} from './link.js'
import {listed, nameOf, away, Glyph, Bar, Nothing} from './common.js'
import * as format from './format.js'

// atOnce is how many agents are searched at once, most how many matches are kept.
const atOnce = 3
const most = 2000

// run is the search whose matches are shown. It stays while other views are looked at.
let run = null

const running = (r) => !!r && !r.stopped && r.done < r.agents.length

// stop ends what is under way; what was found stays.
export function stop() {
  if (!running(run)) return false
  run.stopped = true
  for (const question of run.asked) question.cancel()
  redraw()
  return true
}

// start searches for a text; what is between slashes is a regular expression.
async function start(text) {
  stop()
  const r = run = {text, agents: [], found: new Map(), asked: new Set(), next: 0, done: 0, matches: 0, kept: 0, unread: 0, reason: '', problem: '', stopped: false}
  const put = async (question) => {
    const asked = ask({search: question})
    r.asked.add(asked)
    try { return await asked } finally { r.asked.delete(asked) }
  }
  try { await put({text}) } catch (e) { r.problem = e.message; r.stopped = true; redraw(); return }
  if (r.stopped) return
  // In the order in which agents are listed, so that what is found stays where it is.
  r.agents = listed().filter((a) => !a.stale && !away(a)).map((a) => a.id)
  const work = async () => {
    while (!r.stopped && r.next < r.agents.length) {
      const id = r.agents[r.next++]
      try { take(r, id, await put({agent: id, text})) } catch (e) {
        if (r.stopped) return
        r.unread++
        const a = state.agents.get(id)
        r.reason = r.reason || (a ? nameOf(a) + ': ' : '') + e.message
      }
      r.done++
      redraw()
    }
  }
  for (let i = 0; i < atOnce; i++) work()
  redraw()
}

function take(r, id, found) {
  r.matches += found.matches
  const rows = found.rows.slice(0, Math.max(most - r.kept, 0))
  r.kept += rows.length
  if (rows.length) r.found.set(id, rows)
}

// Pieces are a text of which every second part was found.
export const Pieces = ({of}) => of.map((text, i) => (i % 2 ? html`<mark key=${i}>${text}</mark>` : text))

const where = (row) => (row.at ? format.clock(row.at - state.offset) : row.row)

function Progress() {
  const r = run
  if (!r) return html`<p class="subtle">finds it on all screens and in what was above them; /…/ is a regular expression</p>`
  if (r.problem) return html`<p class="problem" role="alert">${r.problem}</p>`
  const of = running(r) ? 'in ' + r.done + ' of ' + format.plural(r.agents.length, 'agent') + '…' : r.done < r.agents.length ? 'in ' + r.done + ' of ' + format.plural(r.agents.length, 'agent') + ', stopped' : 'in ' + format.plural(r.agents.length, 'agent')
  return html`<div class="progress"><p role="status"><b>${format.count(r.matches)} ${r.matches === 1 ? 'match' : 'matches'}</b> <span class="faint">${of}${r.kept < r.matches ? ', the newest ' + r.kept + ' shown' : ''}</span>
      ${r.unread ? html` <span class="u-limited">${r.unread} not read</span>` : null}</p>
    ${running(r) ? html`<${Bar} share=${r.done / Math.max(r.agents.length, 1)} />` : null}
    ${r.unread ? html`<p class="faint">${r.reason}</p>` : null}</div>`
}

// Search is the view. open leads to the place of a match.
export function Search({open, control}) {
  const [text, setText] = useState(run ? run.text : '')
  const box = useRef(null)
  const list = useRef(null)
  useEffect(() => { box.current.focus(); box.current.select() }, [])
  control({back: stop, focus: () => box.current.focus()})
  const submit = (e) => { e.preventDefault(); if (text.trim()) start(text) }
  // The arrows lead from the line to the matches, and from match to match.
  const step = (e) => {
    const by = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10}[e.key]
    if (!by || e.ctrlKey || e.metaKey || e.altKey) return
    const all = [...list.current.querySelectorAll('a')]
    const at = all.indexOf(document.activeElement)
    e.preventDefault()
    e.stopPropagation()
    if (at + by < 0) box.current.focus()
    else if (all.length) all[Math.min(Math.max(at + by, 0), all.length - 1)].focus()
  }
  const r = run
  const found = r ? r.agents.filter((id) => r.found.has(id)) : []
  return html`<div class="find" onKeyDown=${step}>
    <form class="findline" role="search" onSubmit=${submit}>
      <input ref=${box} type="search" aria-label="search all agents" placeholder="search all agents" autocapitalize="off" autocorrect="off" spellcheck="false" value=${text} onInput=${(e) => setText(e.target.value)} />
      ${running(r) ? html`<button type="button" onClick=${stop}>stop</button>` : html`<button>search</button>`}
    </form>
    <${Progress} />
    <div class="foundlist" ref=${list}>${found.map((id) => html`<${Found} key=${id} id=${id} rows=${r.found.get(id)} open=${(row) => { stop(); open(id, {...row, query: r.text}) }} />`)}
      ${r && !running(r) && !r.problem && r.kept === 0 && !r.unread ? html`<${Nothing}>${r.done < r.agents.length ? 'nothing was found so far' : 'it is on no screen and in no scroll-back'}</${Nothing}>` : null}</div>
  </div>`
}

function Found({id, rows, open}) {
  const a = state.agents.get(id)
  const name = a ? nameOf(a) : 'an agent that is gone'
  return html`<section aria-label=${name}><h2 class="heading">${a ? html`<${Glyph} of=${a} />` : null}<span>${name}</span> <span class="faint">${rows.length}</span></h2>
    <ul>${rows.map((row, i) => html`<li key=${i}><a href=${'#/focus/' + id} aria-disabled=${!a} onClick=${(e) => { e.preventDefault(); if (a) open(row) }}>
      <span class="faint at">${where(row)}</span><span class="foundrow"><${Pieces} of=${row.text} /></span></a></li>`)}</ul></section>`
}
