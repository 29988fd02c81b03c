// What several views share: lists in the order of the dashboard, and small parts.

import {html} from './vendor/preact-htm.js'
import {state, urgency, now} from './link.js'
import * as format from './format.js'

// away tells whether an agent is on a machine that is not heard of.
export const away = (a) => !!(a.stale && a.host)
// aside tells whether nothing is wanted of the user for an agent now, whatever it needs.
const aside = (a) => away(a) || !!a.snooze
const rank = () => { const ranks = new Map(state.hello.urgencies.map((u, i) => [u.word, i])); return (a) => ranks.get(a.urgency) ?? 5 }

// listed are all agents that match a text and a state, most urgent first: those last
// whose machine is not heard of, among those that need the user the longest waiting
// first, the rest in the order of tmux. Those that are snoozed come after the others.
export function listed(filter, only) {
  const of = rank()
  const words = (filter || '').toLowerCase().split(/\s+/).filter(Boolean)
  const match = (a) => words.every((w) => [a.name, a.which, a.kind, a.session, a.window, a.host, a.server, a.pane, a.urgency, a.folder, a.repository && a.repository.name, a.activity, a.task]
    .some((t) => t && t.toLowerCase().includes(w)))
  const all = state.order.map((id) => state.agents.get(id)).filter((a) => a && match(a) && (!only || (only === state.hello.snoozed.word ? !!a.snooze : a.urgency === only && !a.snooze)))
  const place = new Map(all.map((a, i) => [a, i]))
  return all.sort((a, b) => aside(a) - aside(b) || away(a) - away(b) || of(a) - of(b) || (urgency(a.urgency).needs ? a.since - b.since : 0) || place.get(a) - place.get(b))
}

// urgent are those that need the user.
export const urgent = () => listed().filter((a) => urgency(a.urgency).needs && !aside(a))

// sections puts agents under the headings of the dashboard.
export function sections(agents) {
  const all = []
  for (const a of agents) {
    const u = a.snooze ? state.hello.snoozed : urgency(a.urgency)
    const need = away(a) ? 'host not heard of' : u.need
    const last = all.find((s) => s.need === need)
    if (last) last.agents.push(a)
    else all.push({need, rank: away(a) ? 99 : u.rank, urgency: away(a) || a.snooze ? 'exited' : a.urgency, agents: [a]})
  }
  return all.sort((a, b) => a.rank - b.rank)
}

export const ageOf = (a) => format.age(now() - a.since)
export const nameOf = (a) => (a.which ? a.name + ' ' + a.which : a.name || a.pane)
export const whereOf = (a) => [a.host, a.server && a.server !== 'default' ? a.server : '', a.session + (a.window && a.window !== a.session ? ':' + a.window : ''), a.pane].filter(Boolean).join(' ')
export const gitOf = (a) => (a.repository ? [a.repository.name, a.repository.on, a.repository.changes].filter(Boolean).join(' ') : '')

// snoozeWords say until when an agent is snoozed.
export const snoozeWords = (a) => 'snoozed' + (a.snooze.until ? ' until ' + format.moment(a.snooze.until - state.offset) : '')

// waitWords say how many texts wait for an agent, and when it goes on by itself.
export function waitWords(a) {
  const n = (a.texts || []).length
  return [n ? (a.texts[0].state === 'uncertain' ? 'text uncertain' : n === 1 ? '1 text waits' : n + ' texts wait') : '', a.goes_on].filter(Boolean).join(' · ')
}

// saysOf is what an agent's line says: what is particular to it, then what it does.
export const saysOf = (a) => [a.snooze && snoozeWords(a), waitWords(a), a.dialog && a.dialog.question || a.activity || stateWords(a)].filter(Boolean).join(' · ')

// stateWords says what an agent is in a few words.
export function stateWords(a) {
  if (away(a)) return a.urgency + ', last seen so'
  if (a.state === 'waiting') return {permission: 'needs permission', question: 'asks', plan: 'wants its plan approved', trust: 'asks to trust the folder', login: 'needs a login', 'limit menu': 'at its limit, asks'}[a.wait] || 'waiting'
  if (a.urgency === 'done') return 'finished, unseen'
  if (a.urgency === 'unknown') return 'cannot tell'
  return a.urgency + (a.stale ? ', last seen so' : '')
}

// Glyph is the state's shape in its colour; the word stands beside it for readers.
export function Glyph({of}) {
  return html`<span class=${'glyph u-' + of.urgency} aria-hidden="true">${urgency(of.urgency).glyph}</span>`
}

// Panel is a frame with its title in the edge.
export function Panel({title, facts, kind, children, name, level}) {
  return html`<section class=${'panel ' + (kind || '')} aria-label=${name || (typeof title === 'string' ? title : null)}>
    <header class="edge"><h2>${title}</h2>${facts ? html`<span class="facts">${facts}</span>` : null}</header>
    <div class="inside">${children}</div>
  </section>`
}

// Figure is a dim label and a bright value.
export const Figure = ({label, children, alarm}) => html`<span class=${'figure' + (alarm ? ' alarm' : '')}><span class="label">${label}</span> <b>${children}</b></span>`

// Bar is a thin line of which a share is filled.
export const Bar = ({share}) => html`<span class="bar" aria-hidden="true"><span style=${{width: Math.round(Math.max(0, Math.min(share, 1)) * 100) + '%'}}></span></span>`

// Spark draws a trend.
export function Spark({values, top, label}) {
  const most = Math.max(top || 0, ...values, 1e-9)
  const n = 60
  const shown = values.slice(-n)
  const points = shown.map((v, i) => ((n - shown.length + i) / (n - 1) * 100).toFixed(1) + ',' + (20 - 18 * Math.max(v, 0) / most).toFixed(1))
  const area = points.length ? points[0].split(',')[0] + ',20 ' + points.join(' ') + ' ' + points[points.length - 1].split(',')[0] + ',20' : ''
  return html`<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label=${label}>
    <polygon points=${area} /><polyline points=${points.join(' ')} vector-effect="non-scaling-stroke" /></svg>`
}

// Nothing is what a list without entries says.
export const Nothing = ({glyph, children}) => html`<div class="nothing"><span aria-hidden="true">${glyph || '○'}</span><p>${children}</p></div>`
