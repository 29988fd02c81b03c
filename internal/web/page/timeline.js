// A lane for each agent: what it was, when, and how long it waited for the user.

import {html, useEffect} from './vendor/preact-htm.js'
import {state, ask, now, urgency} from './link.js'
import {listed, nameOf, Glyph, Panel, Nothing} from './common.js'
import * as format from './format.js'

const M = 60e3, H = 60 * M
export const spans = [[M, 'last minute'], [2 * M, 'last 2 minutes'], [5 * M, 'last 5 minutes'], [15 * M, 'last 15 minutes'], [H, 'last hour'], [3 * H, 'last 3 hours'], [6 * H, 'last 6 hours'], [12 * H, 'last 12 hours'], [24 * H, 'last day']]

// fitting is the span that shows all that is known, from five minutes to an hour.
export function fitting() {
  let first = now()
  for (const past of state.pasts.values()) if (past.length && past[0][0] < first) first = past[0][0]
  for (let i = 2; i < 4; i++) if (now() - first <= spans[i][0]) return i
  return 4
}

// phases are the parts of a past between two times, as shares of it.
function phases(past, from, to) {
  const all = []
  for (let i = 0; i < (past || []).length; i++) {
    const [at, word] = past[i]
    const end = Math.min(i + 1 < past.length ? past[i + 1][0] : now(), to)
    const begin = Math.max(at, from)
    if (word && end > begin) all.push({word, begin, lasts: end - begin})
  }
  return all
}

// waited is how long it stood still until the user acted.
const waited = (parts) => parts.filter((p) => urgency(p.word).blocked).reduce((sum, p) => sum + p.lasts, 0)

function Axis({from, to}) {
  const steps = [15e3, 30e3, M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M, H, 2 * H, 3 * H, 6 * H]
  const step = steps.find((s) => (to - from) / s <= 6) || 6 * H
  const shift = new Date().getTimezoneOffset() * M
  const marks = []
  for (let at = Math.ceil((from - shift) / step) * step + shift; at < to; at += step) marks.push(at)
  return html`<div class="axis" aria-hidden="true">${marks.map((at) => html`<span key=${at} style=${{left: (at - from) / (to - from) * 100 + '%'}}>${format.clock(at - state.offset, step < M)}</span>`)}</div>`
}

export function Lane({past, from, to, axis, name}) {
  const parts = phases(past, from, to)
  const sums = new Map()
  for (const p of parts) sums.set(p.word, (sums.get(p.word) || 0) + p.lasts)
  const words = [...sums].map(([w, ms]) => w + ' ' + format.long(ms)).join(', ') || 'nothing is known'
  return html`<div class="lanebox"><div class="lane" role="img" aria-label=${name + ': ' + words}>${parts.map((p) => html`<span key=${p.begin} class=${'u-' + p.word} style=${{left: (p.begin - from) / (to - from) * 100 + '%', width: 'max(2px, ' + p.lasts / (to - from) * 100 + '%)'}}></span>`)}</div>${axis ? html`<${Axis} from=${from} to=${to} />` : null}</div>`
}

export function Timeline({go, selected, select, filter, only, span, back, zoom, pan}) {
  useEffect(() => {
    if (state.pastsKnown || state.status !== 'live') return
    ask({pasts: {}}).then((all) => { state.pasts = new Map(Object.entries(all)); state.pastsKnown = true }, () => {})
  }, [state.status, state.pastsKnown])
  const all = listed(filter, only)
  const [lasts, words] = spans[span]
  const to = now() - back, from = to - lasts
  return html`<div class="timeline">
    <nav class="zoom" aria-label="span of time">
      <button aria-label="earlier" onClick=${() => pan(1)}>←</button><button aria-label="later" disabled=${back === 0} onClick=${() => pan(-1)}>→</button>
      <button aria-label="zoom in" disabled=${span === 0} onClick=${() => zoom(-1)}>+</button><button aria-label="zoom out" disabled=${span === spans.length - 1} onClick=${() => zoom(1)}>−</button>
      <span>${words}${back ? ', until ' + format.clock(to - state.offset) : ''}</span></nav>
    <${Panel} title=${'agents ' + all.length} facts=${words} kind="lanes">
      ${all.length === 0 ? html`<${Nothing}>no agent is here</${Nothing}>` : null}
      <ul>${all.map((a) => {
        const sum = waited(phases(state.pasts.get(a.id), from, to))
        return html`<li key=${a.id} class=${selected === a.id ? 'selected' : ''}><a href=${'#/focus/' + a.id} data-agent=${a.id} onClick=${(e) => { e.preventDefault(); select(a.id); go('focus', a.id) }}><${Glyph} of=${a} /><span class="name">${nameOf(a)}</span><span class="kind">${a.kind}</span></a>
          <${Lane} past=${state.pasts.get(a.id)} from=${from} to=${to} name=${nameOf(a)} /><span class="waited">${sum >= 1000 ? 'waited ' + format.long(sum) : ''}</span></li>`
      })}</ul>
      <div class="lastrow"><span></span><${Axis} from=${from} to=${to} /><span></span></div>
    </${Panel}>
    <ul class="legend" aria-label="what the shapes mean">${state.hello.urgencies.map((u) => html`<li key=${u.word}><span class=${'swatch u-' + u.word} aria-hidden="true"></span>${u.word}</li>`)}</ul>
  </div>`
}
