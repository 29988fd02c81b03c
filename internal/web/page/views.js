// Inbox, board, grid and hosts.

import {html, Component, useEffect, useRef} from './vendor/preact-htm.js'
import {state, urgency, now} from './link.js'
import {listed, urgent, sections, ageOf, nameOf, whereOf, gitOf, stateWords, saysOf, waitWords, away, Glyph, Panel, Nothing, Figure} from './common.js'
import {Question} from './answer.js'
import {Screen} from './screen.js'
import {Pool, Cache, Rounds} from './engine.js'
import {Facts, Evidence} from './focus.js'
import * as format from './format.js'

// Card is what one agent has to say.
function Card({agent: a, go, selected, select}) {
  const ref = useRef(null)
  useEffect(() => { if (selected && ref.current) ref.current.scrollIntoView({block: 'nearest'}) }, [selected])
  return html`<article ref=${ref} class=${'card u-' + a.urgency + (selected ? ' selected' : '')} aria-label=${nameOf(a) + ', ' + stateWords(a)} onClick=${() => select(a.id)}>
    <a class="head" href=${'#/focus/' + a.id} data-agent=${a.id} onClick=${(e) => { e.preventDefault(); e.stopPropagation(); go('focus', a.id) }}>
      <${Glyph} of=${a} /><b class="name">${nameOf(a)}</b><span class="age">${ageOf(a)}</span>
      <span class="state">${stateWords(a)}</span><span class="where">${[a.kind, whereOf(a)].join(' · ')}</span>
    </a>
    <${Question} agent=${a} />
    ${a.task ? html`<p class="git task">asked: ${a.task}</p>` : null}
    ${waitWords(a) ? html`<p class="git">${waitWords(a)}</p>` : null}
    ${gitOf(a) ? html`<p class="git">${gitOf(a)}</p>` : null}
  </article>`
}

export function Inbox({go, selected, select, wide}) {
  const all = urgent()
  const shown = all.find((a) => a.id === selected) || all[0]
  if (all.length === 0) {
    const working = state.counts.working || 0
    return html`<${Nothing} glyph=${working ? '●' : '○'}>nobody needs you${working ? html`<br /><span class="subtle">${format.plural(working, 'agent')} working</span>` : null}</${Nothing}>`
  }
  return html`<div class=${'inbox' + (wide ? ' wide' : '')}>
    <div class="cards">${sections(all).map((s) => html`<section key=${s.need} aria-label=${s.need}>
      <h2 class=${'heading u-' + s.urgency}>${s.need} <span>${s.agents.length}</span></h2>
      ${s.agents.map((a) => html`<${Card} key=${a.id} agent=${a} go=${go} select=${select} selected=${wide && shown === a} />`)}
    </section>`)}</div>
    ${wide ? html`<div class="beside"><${ScreenPanel} agent=${shown} go=${go} /></div>` : null}
  </div>`
}

// ScreenPanel is the live screen of an agent in a frame.
export function ScreenPanel({agent: a, most}) {
  const title = html`<span class=${'u-' + a.urgency}>${nameOf(a)}</span>`
  return html`<${Panel} title=${title} name=${'screen of ' + nameOf(a)} facts=${[a.kind, whereOf(a)].join(' · ')} kind=${'live ' + (urgency(a.urgency).needs ? 'u-' + a.urgency : '')}>
    <${Screen} screen=${state.screens.get(a.id)} most=${most || 200} label=${'what the pane of ' + nameOf(a) + ' shows'} focusable=${true} />
  </${Panel}>`
}

// Line is an agent in a list. It is drawn anew only when something on it has changed.
class Line extends Component {
  shouldComponentUpdate(next) {
    const p = this.props
    return next.agent !== p.agent || next.age !== p.age || next.selected !== p.selected
  }
  componentDidUpdate(before) { if (this.props.selected && !before.selected && this.base) this.base.scrollIntoView({block: 'nearest'}) }
  render({agent: a, age, selected, open}) {
    return html`<li class=${'line u-' + a.urgency + (selected ? ' selected' : '') + (a.stale ? ' stale' : '')}>
      <a href=${'#/focus/' + a.id} data-agent=${a.id} aria-current=${selected ? 'true' : null} onClick=${(e) => { e.preventDefault(); open(a.id) }}>
        <${Glyph} of=${a} /><span class="glow" key=${a.since} aria-hidden="true"></span><span class="name">${nameOf(a)}</span><span class="kind">${a.kind}</span><span class="age">${age}</span>
        <span class="says">${saysOf(a)}</span>${format.spent(a.tokens) ? html`<span class="spent">${format.spent(a.tokens)}</span>` : null}</a></li>`
  }
}

export function Board({go, selected, select, wide, filter, only}) {
  const all = listed(filter, only)
  const shown = all.find((a) => a.id === selected) || all[0]
  const open = (id) => (wide && shown && shown.id !== id ? select(id) : go('focus', id))
  const title = 'agents ' + all.length + (all.length === state.agents.size ? '' : ' of ' + state.agents.size)
  const list = html`<${Panel} title=${title} facts=${[only, filter && '/' + filter, 'urgency ↓'].filter(Boolean).join(' · ')} kind="list">
    ${all.length === 0 ? html`<${Nothing}>${state.agents.size ? 'no agent matches' : 'no agent runs in tmux'}</${Nothing}>` : sections(all).map((s) => html`<section key=${s.need} aria-label=${s.need}>
      <h3 class=${'heading u-' + s.urgency}>${s.need}</h3>
      <ul>${s.agents.map((a) => html`<${Line} key=${a.id} agent=${a} age=${ageOf(a)} selected=${wide && shown === a} open=${open} />`)}</ul></section>`)}
  </${Panel}>`
  if (!wide) return html`<div class="board">${list}</div>`
  return html`<div class="board wide">${list}
    <div class="beside">${shown ? html`<${ScreenPanel} agent=${shown} /><${Panel} title="why" facts=${stateWords(shown)} kind="why"><${Facts} agent=${shown} /><${Evidence} agent=${shown} /></${Panel}>` : null}</div>
    <div class="panels"><${Pool} brief=${true} /><${Cache} brief=${true} /><${Rounds} brief=${true} /></div>
  </div>`
}

export const tilesAPage = 12

export function Grid({go, selected, select, filter, only, page, setPage, watch}) {
  const all = listed(filter, only)
  const pages = Math.max(Math.ceil(all.length / tilesAPage), 1)
  const at = Math.min(page, pages - 1)
  const tiles = all.slice(at * tilesAPage, (at + 1) * tilesAPage)
  const grid = useRef(null)
  useEffect(() => {
    // Only tiles that are seen are followed.
    const seen = new Set()
    const observer = new IntersectionObserver((entries) => {
      for (const e of entries) e.isIntersecting ? seen.add(e.target.dataset.tile) : seen.delete(e.target.dataset.tile)
      watch([...seen])
    })
    for (const t of grid.current.querySelectorAll('[data-tile]')) observer.observe(t)
    return () => { observer.disconnect(); watch([]) }
  }, [tiles.map((a) => a.id).join(' ')])
  return html`<div class="gridview" ref=${grid}>
    ${all.length === 0 ? html`<${Nothing}>no agent is here</${Nothing}>` : null}
    <div class="tiles">${tiles.map((a) => html`<section key=${a.id} data-tile=${a.id} class=${'tile panel' + (urgency(a.urgency).needs ? ' u-' + a.urgency : '') + (selected === a.id ? ' selected' : '')} aria-label=${nameOf(a) + ', ' + stateWords(a)} onClick=${() => { select(a.id); go('focus', a.id) }}>
      <a class="edge" href=${'#/focus/' + a.id} data-agent=${a.id} onClick=${(e) => { e.preventDefault(); e.stopPropagation(); select(a.id); go('focus', a.id) }}><h2><${Glyph} of=${a} /><span class=${'u-' + a.urgency}>${nameOf(a)}</span></h2><span class="facts">${a.kind} · ${ageOf(a)}</span></a>
      <${Screen} screen=${state.screens.get(a.id)} most=${40} label=${'what the pane of ' + nameOf(a) + ' shows'} />
    </section>`)}</div>
    ${pages > 1 ? html`<nav class="pages" aria-label="pages of tiles"><button disabled=${at === 0} onClick=${() => setPage(at - 1)}>← before</button><span>${at + 1} of ${pages}</span><button disabled=${at === pages - 1} onClick=${() => setPage(at + 1)}>next →</button></nav>` : null}
  </div>`
}

export function Hosts() {
  const here = listed().filter((a) => !a.host)
  const blocked = here.filter((a) => urgency(a.urgency).blocked).length
  return html`<div class="hosts">
    <${Panel} title=${state.hello.name || 'here'} facts="this machine">
      <p><span class="u-working">● live</span></p>
      <p class="figures"><${Figure} label="agents">${here.length}</${Figure}> <${Figure} label="need you" alarm=${blocked > 0}>${blocked}</${Figure}> <${Figure} label="version">${state.hello.version}</${Figure}></p>
    </${Panel}>
    ${state.hosts.map((h) => html`<${Panel} key=${h.name} title=${h.name} facts=${h.way} kind=${h.state === 'live' ? '' : 'u-limited'}>
      <p><span class=${h.state === 'live' ? 'u-working' : 'u-limited'}>${{live: '● live', late: '◌ late', connecting: '◌ connecting', stale: '◆ stale', gone: '· gone'}[h.state] || h.state}</span>${h.heard ? html` <span class="subtle">heard ${format.age(now() - h.heard)} ago</span>` : null}</p>
      <p class="figures"><${Figure} label="agents">${h.agents}</${Figure}> <${Figure} label="need you" alarm=${h.need_you > 0}>${h.need_you}</${Figure}> ${h.version ? html`<${Figure} label="version">${h.version}</${Figure}>` : null}</p>
      ${h.problem ? html`<p class="problem">${h.problem}</p>` : null}
    </${Panel}>`)}
    ${state.hosts.length === 0 ? html`<p class="hint">Agents of other machines join by <code>agentwatch web --host alice@dev1</code>, or [[fleet.host]] in the configuration.</p>` : null}
  </div>`
}
