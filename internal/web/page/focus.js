// One agent: its screen with the scroll-back, what it asks, facts, why it is judged so,
// its last day.

import {html, useState, useEffect, useRef} from './vendor/preact-htm.js'
import {state, ask, urgency, now} from './link.js'
import {nameOf, whereOf, gitOf, ageOf, stateWords, snoozeWords, Glyph, Panel, Nothing} from './common.js'
import {Question, Actions} from './answer.js'
import {Screen, trimmed, textOf} from './screen.js'
import {Lane} from './timeline.js'
import * as format from './format.js'

export function Facts({agent: a}) {
  const t = a.tokens || {}
  const told = (a.facts || []).some(([name]) => name === 'context')
  const texts = (a.texts || []).map((w) => ['waits', ({uncertain: 'uncertain whether it was sent, look: ', begun: 'being sent: '}[w.state] || '') + w.text])
  const rows = [['snoozed', a.snooze && (snoozeWords(a).slice(8) || 'until it needs you') + ', or for something new'], ['asked', a.task], ...texts, ['goes on', a.goes_on && a.goes_on.replace(/^goes on /, '')],
    ...(a.facts || []).filter(([name]) => name !== 'prompt'), ['used', t.today && 'today ' + format.used(t.today, t.currency)], ['session', t.session && format.used(t.session, t.currency)], ['context', told ? '' : format.contextLeft(t)],
    ...(t.limits || []).map((l) => ['plan', format.planLimit(l, state.offset)]), ['tokens', t.problem],
    ['title', a.title], ['folder', a.folder], ['git', gitOf(a)], ['pull', a.pull && a.pull.words], ['checks', a.pull && a.pull.checks], ['where', whereOf(a)], ['process', a.pid], ['size', a.size && a.size.join('×')]].filter(([, v]) => v)
  return html`<dl class="factlist">${rows.map(([k, v], i) => html`<div key=${i}><dt>${i && rows[i - 1][0] === k ? html`<span class="hidden">${k}</span>` : k}</dt><dd>${v}</dd></div>`)}</dl>`
}

export function Evidence({agent: a}) {
  const e = a.evidence
  if (!e) return null
  return html`<div class="evidence">
    <p><span class="label">rule</span> <code>${e.rule || 'none'}</code> <span class="faint">${e.source}${e.line ? ', row ' + e.line : ''}${a.confidence ? ', ' + format.percent(a.confidence) + ' sure' : ''}</span></p>
    ${e.text ? html`<p class="line-of">${e.text}</p>` : null}
    ${(e.against || []).map((t, i) => html`<p key=${i} class="faint">against it: ${t}</p>`)}
  </div>`
}

function Explained({of: e}) {
  return html`<${Panel} title="the way to the verdict" facts=${e.summary} kind="explained">
    <p><span class="label">kind</span> ${e.identity}</p><p><span class="label">profile</span> ${e.profile}</p>
    <ol>${(e.steps || []).map((s, i) => html`<li key=${i} class=${s.matched ? 'matched' : 'faint'}>
      <b>${s.stage}</b> <span>${s.where}${s.from ? ' ' + s.from + '–' + s.to : ''}</span> ${s.matched ? html`<code>${s.rule}</code>` : null}
      ${s.matched && s.text ? html`<p class="line-of">${s.text}</p>` : null}</li>`)}</ol>
  </${Panel}>`
}

// around is how many rows of the scroll-back are shown with one that was sought.
const around = 1000

export function Focus({id, go, sought, snooze, back, control}) {
  const a = state.agents.get(id)
  // What was asked for is that of the agent that it was asked for.
  const [pastOf, setPast] = useState(null)
  const [problemOf, setProblemOf] = useState(null)
  const [whyOf, setWhy] = useState(null)
  const of = (kept) => (kept && kept.id === id ? kept.value : null)
  const past = of(pastOf), why = of(whyOf), problem = of(problemOf)
  const setProblem = (value) => setProblemOf({id, value})
  const [busy, setBusy] = useState(false)
  const box = useRef(null)
  const stick = useRef(true)
  useEffect(() => { stick.current = true }, [id])
  // A match of the search is shown with what is around it.
  useEffect(() => {
    if (!sought || sought.at) return
    let gone = false
    const above = Math.max(-sought.row - around / 2, 0)
    const asked = ask({scrollback: {agent: id, rows: around, above}})
    asked.then((got) => {
      if (gone) return
      // The agent may have printed meanwhile: it is the nearest row with the same text.
      const at = got.rows.length + sought.row + above, text = sought.text.join('').trimEnd()
      let best = -1
      got.rows.forEach((row, i) => { if (textOf(row).trimEnd() === text && (best < 0 || Math.abs(i - at) < Math.abs(best - at))) best = i })
      stick.current = false
      setPast({id, value: {...got, above, marked: best}})
      setProblem(best < 0 ? 'it is no longer in its history' : '')
      requestAnimationFrame(() => { const row = box.current && box.current.querySelector('.found'); if (row) row.scrollIntoView({block: 'center'}) })
    }, (e) => { if (!gone) setProblem(e.message) })
    return () => { gone = true; asked.cancel() }
  }, [id, sought])
  useEffect(() => {
    if (state.pasts.has(id) || state.status !== 'live') return
    ask({pasts: {agents: [id]}}).then((all) => { for (const [k, v] of Object.entries(all)) state.pasts.set(k, v) }, () => {})
  }, [id, state.status])
  // The screen is read from its end, and stays there unless the reader has gone up.
  useEffect(() => { if (box.current && stick.current) box.current.scrollTop = box.current.scrollHeight })
  const older = async () => {
    setBusy(true)
    try {
      const got = await ask({scrollback: {agent: id, rows: 1000}})
      stick.current = false
      const from = box.current ? box.current.scrollHeight - box.current.scrollTop : 0
      setPast({id, value: got})
      setProblem('')
      requestAnimationFrame(() => { if (box.current) box.current.scrollTop = box.current.scrollHeight - from })
    } catch (e) { setProblem(e.message) }
    setBusy(false)
  }
  const explain = async () => {
    if (why) { setWhy(null); return }
    try { setWhy({id, value: await ask({explain: {agent: id}})}); setProblem('') } catch (e) { setProblem(e.message) }
  }
  const live = () => { setPast(null); stick.current = true }
  control({
    scroll: (by) => { const b = box.current; if (!b) return; if (by < 0 && b.scrollTop === 0 && !past) older(); stick.current = by === Infinity; b.scrollTop = by === Infinity ? b.scrollHeight : by === -Infinity ? 0 : b.scrollTop + by * b.clientHeight },
    explain, live,
  })
  if (!a) return html`<${Nothing} glyph="·">this agent is gone<br /><button onClick=${back}>back</button></${Nothing}>`
  const screen = state.screens.get(id)
  // The scroll-back ends with the screen as it was; what has come since is the live one.
  const rows = past && past.above !== undefined ? {rows: past.rows, at: past.at} : past && screen ? {...screen, rows: [...past.rows.slice(0, Math.max(past.rows.length - trimmed(screen.rows).length, 0)), ...trimmed(screen.rows)]} : screen
  const onScroll = (e) => { const b = e.currentTarget; stick.current = b.scrollHeight - b.scrollTop - b.clientHeight < 20 }
  return html`<div class="focus">
    <header class=${'who u-' + a.urgency}>
      <button class="back" onClick=${back} aria-label="back">←</button>
      <h1><${Glyph} of=${a} /> ${nameOf(a)}</h1><span class="state">${stateWords(a)}</span><span class="age">${ageOf(a)}</span>
      <span class="where">${[a.kind, whereOf(a), gitOf(a)].filter(Boolean).join(' · ')}</span>
    </header>
    <div class="main">
      ${a.dialog || urgency(a.urgency).needs ? html`<div class=${'asked card u-' + a.urgency}><${Question} agent=${a} whole=${true} /></div>` : null}
      <${Actions} agent=${a} />
      <${Panel} title="screen" name=${'screen of ' + nameOf(a)} facts=${screen ? 'captured ' + format.clock(screen.at - state.offset, true) : ''} kind=${'live ' + (urgency(a.urgency).needs ? 'u-' + a.urgency : '')}>
        <div class="scrollbox" ref=${box} onScroll=${onScroll} tabindex="0" role="region" aria-label="screen and scroll-back">
          ${past ? null : html`<button class="older" disabled=${busy} onClick=${older}>${busy ? 'reading…' : '↑ what was before'}</button>`}
          <${Screen} screen=${rows} most=${2200} marked=${past ? past.marked : -1} label=${'what the pane of ' + nameOf(a) + ' shows'} />
        </div>
        ${past ? html`<button class="older" onClick=${live}>↓ to what it shows now</button>` : null}
      </${Panel}>
      ${problem ? html`<p class="problem" role="status">${problem}</p>` : null}
    </div>
    <div class="aside">
      <${Panel} title="why" facts=${html`<button class="small" aria-expanded=${!!why} onClick=${explain}>explain</button>`}><${Evidence} agent=${a} /></${Panel}>
      ${why ? html`<${Explained} of=${why} />` : null}
      <${Panel} title="facts"><${Facts} agent=${a} /></${Panel}>
      <${Panel} title="its last hour"><${Lane} past=${state.pasts.get(id)} from=${now() - 3600e3} to=${now()} axis=${true} name=${nameOf(a)} /></${Panel}>
      <div class="actions"><button onClick=${() => go('diff', id)}>what it has changed</button>${urgency(a.urgency).needs ? html`<button onClick=${snooze}>${a.snooze ? 'snoozed…' : 'snooze…'}</button>` : null}</div>
      ${a.urgency === 'done' ? html`<button onClick=${() => ask({seen: {agent: id}}).catch((e) => setProblem(e.message))}>mark as seen</button>` : null}
    </div>
  </div>`
}
