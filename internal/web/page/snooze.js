// For how long an agent is snoozed. Nothing is typed.

import {html, useState, useLayoutEffect, useRef} from './vendor/preact-htm.js'
import {ask, now} from './link.js'
import {nameOf} from './common.js'

// tomorrow is nine o'clock of the next day, where this device is.
function tomorrow() {
  const d = new Date()
  return new Date(d.getFullYear(), d.getMonth(), d.getDate() + 1, 9).getTime()
}

const ways = [
  ['until it needs you for something new', () => 0],
  ['for 15 minutes', () => now() + 15 * 60e3],
  ['for an hour', () => now() + 3600e3],
  ['until tomorrow, 9:00', tomorrow],
]

export function Snooze({agent, close}) {
  const [problem, setProblem] = useState('')
  const box = useRef(null)
  const before = useRef(document.activeElement)
  // It has the keys from the moment in which it is there: the next one may follow at once.
  useLayoutEffect(() => { box.current.querySelector('button').focus(); return () => { if (before.current && before.current.focus) before.current.focus() } }, [])
  const choose = (question) => ask(question).then(close, (e) => setProblem(e.message))
  const step = (e) => {
    const by = {ArrowDown: 1, ArrowUp: -1, j: 1, k: -1}[e.key]
    if (!by) return
    e.preventDefault()
    const all = [...box.current.querySelectorAll('.ways button')]
    all[Math.min(Math.max(all.indexOf(document.activeElement) + by, 0), all.length - 1)].focus()
  }
  return html`<div class="veil" onClick=${close}><div class="over" ref=${box} role="dialog" aria-modal="true" aria-label=${'snooze ' + nameOf(agent)} onClick=${(e) => e.stopPropagation()} onKeyDown=${step}>
    <div class="over-head"><h2>snooze ${nameOf(agent)}</h2></div>
    <div class="ways">${agent.snooze ? html`<button onClick=${() => choose({wake: {agent: agent.id}})}>no longer</button>` : null}
      ${ways.map(([words, until]) => html`<button key=${words} onClick=${() => choose({snooze: {agent: agent.id, until: Math.round(until())}})}>${words}</button>`)}
      <button onClick=${close}>as it was</button></div>
    <p class="faint">whatever you choose: another question brings it back</p>
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : null}
  </div></div>`
}
