// What an agent asks, and how it is answered where that is allowed: a tap shows what
// would be typed, a second one sends it.

import {html, useState, useEffect, useRef} from './vendor/preact-htm.js'
import {state, ask} from './link.js'

// hasty is the time after which a tap on what is shown is meant for it: the second half
// of a double tap on an option is not, and a key that is held down never is.
const hasty = 400

// plan asks what an answer would type, and shows it. current is what is shown now.
let show = () => {}
export async function plan(agent, action, more) {
  if (!state.hello.answers) { show({agent, problem: 'this page is read-only: agentwatch web was started without --allow-answers'}); return }
  try {
    const planned = await ask({plan: {agent: agent.id, action, ...more}})
    show({agent, planned, shown: Date.now(), until: Date.now() + planned.within})
  } catch (error) {
    show({agent, problem: error.message})
  }
}

// Answering is the sheet with the plan and what came of it.
export function Answering() {
  const [at, set] = useState(null)
  const [left, setLeft] = useState(0)
  const send = useRef(null)
  const before = useRef(null)
  show = (next) => { before.current = before.current || document.activeElement; set(next) }
  const close = () => { set(null); if (before.current) before.current.focus(); before.current = null }
  useEffect(() => { if (at && at.planned && !at.sent && send.current) send.current.focus() }, [at])
  useEffect(() => {
    if (!at || !at.planned || at.sent) return
    const timer = setInterval(() => {
      const rest = at.until - Date.now()
      setLeft(rest)
      if (rest <= 0) set({agent: at.agent, problem: 'nothing was sent: the second tap did not come within 10 s'})
    }, 200)
    setLeft(at.until - Date.now())
    return () => clearInterval(timer)
  }, [at])
  useEffect(() => {
    if (!at || !(at.problem || at.outcome && at.outcome.word === 'confirmed')) return
    const timer = setTimeout(close, 6000)
    return () => clearTimeout(timer)
  }, [at])
  if (!at) return null
  const give = async () => {
    if (Date.now() - at.shown < hasty) return
    set({...at, sent: true})
    try {
      const outcome = await ask({give: {nonce: at.planned.nonce}})
      set({agent: at.agent, outcome})
    } catch (error) {
      set({agent: at.agent, outcome: {word: 'uncertain', problem: error.message}})
    }
  }
  const onKey = (e) => { if (e.repeat) e.preventDefault(); if (e.key === 'Escape') { e.stopPropagation(); close() } }
  const name = at.agent.name
  if (at.outcome) {
    const o = at.outcome
    const words = {confirmed: 'done: the screen shows that it has worked', uncertain: 'uncertain: it may have been typed, look at the screen', failed: 'typed, but it did not do what it should', refused: 'not typed'}[o.word]
    return html`<div class=${'sheet ' + o.word} role="status" onKeyDown=${onKey}><div class="sheet-in">
      <p><b>${name}</b> ${words}</p>${o.what ? html`<p class="subtle">typed ${o.what}</p>` : null}${o.problem ? html`<p class="subtle">${o.problem}</p>` : null}
      <div class="buttons"><button onClick=${close}>close</button></div></div></div>`
  }
  if (at.problem) return html`<div class="sheet refused" role="status" onKeyDown=${onKey}><div class="sheet-in"><p><b>${name}</b> ${at.problem}</p><div class="buttons"><button onClick=${close}>close</button></div></div></div>`
  return html`<div class="sheet" role="dialog" aria-label=${'answer ' + name} onKeyDown=${onKey}><div class="sheet-in">
    <p><b>${name}</b> <span class="words">${at.planned.words}</span></p>
    ${at.planned.text ? html`<pre class="typed">${at.planned.text}</pre>` : null}
    <div class="buttons">
      <button class="send" ref=${send} disabled=${at.sent} onClick=${give}>${at.sent ? 'sending…' : 'send it'}</button>
      <button disabled=${at.sent} onClick=${close}>cancel</button>
      <span class="drain" aria-hidden="true"><span style=${{width: Math.max(left, 0) / at.planned.within * 100 + '%'}}></span></span>
    </div></div></div>`
}

// Question is what an agent asks with what it offers.
export function Question({agent, whole}) {
  const d = agent.dialog
  if (!d) return agent.activity ? html`<p class="activity">${agent.activity}</p>` : null
  // Where the question is one of the rows above it, it is read once.
  const body = [...(d.body || [])]
  while (body.length && (body[body.length - 1].trim() === '' || body[body.length - 1].trim() === d.question)) body.pop()
  if (body.length && body[0].trim() === d.question) body.shift()
  return html`<div class="question">
    ${body.length ? html`<pre class=${'body' + (whole ? ' whole' : '')} tabindex="0" aria-label="what it is about">${body.join('\n')}</pre>` : null}
    ${d.question ? html`<p class="asks">${d.question}</p>` : agent.activity ? html`<p class="asks">${agent.activity}</p>` : null}
    ${(d.options || []).length ? html`<ul class="options">${d.options.map((o, i) => html`<li key=${i}><${Option} agent=${agent} option=${o} at=${i} /></li>`)}</ul>` : null}
  </div>`
}

function Option({agent, option, at}) {
  const inside = html`<span class="key" aria-hidden="true">${option.key || (option.selected ? '▌' : '·')}</span><span>${option.label}</span>`
  if (!state.hello.answers) return html`<div class=${'option' + (option.selected ? ' selected' : '')}>${inside}</div>`
  return html`<button class=${'option' + (option.selected ? ' selected' : '')} onClick=${(e) => { e.stopPropagation(); plan(agent, 'choose', {option: at}) }}>${inside}</button>`
}

// Actions are what can be sent to an agent beside its options.
export function Actions({agent}) {
  const [text, setText] = useState('')
  if (!state.hello.answers) return null
  const send = (e) => { e.preventDefault(); if (text.trim()) plan(agent, 'reply', {text}).then(() => setText('')) }
  return html`<div class="actions">
    ${agent.dialog ? html`<button onClick=${() => plan(agent, 'approve')}>approve</button><button onClick=${() => plan(agent, 'deny')}>deny</button>` : null}
    ${agent.state === 'working' ? html`<button onClick=${() => plan(agent, 'interrupt')}>interrupt</button>` : null}
    ${state.hello.text ? html`<form class="reply" onSubmit=${send}><textarea rows="1" aria-label=${'reply to ' + agent.name} placeholder="reply…" value=${text} onInput=${(e) => setText(e.target.value)}></textarea><button>send…</button></form>` : null}
  </div>`
}
