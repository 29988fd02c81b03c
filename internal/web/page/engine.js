// What watching does and costs: pool, cache, rounds, servers, strategies.

import {html} from './vendor/preact-htm.js'
import {state} from './link.js'
import {Panel, Figure, Bar, Spark} from './common.js'
import * as f from './format.js'

const trend = (i) => state.figures.trend.map((s) => s[i])
const newest = (i) => { const t = state.figures.trend; return t.length ? t[t.length - 1][i] : 0 }
const Waiting = ({title}) => html`<${Panel} title=${title}><p class="subtle">…</p></${Panel}>`

function Trend({label, value, of, top}) {
  return html`<div class="trend"><span class="label">${label}</span><b>${value}</b><${Spark} values=${of} top=${top} label=${label + ', the last minute'} /></div>`
}

export function Pool({brief}) {
  if (!state.figures) return html`<${Waiting} title="pool" />`
  const p = state.figures.pool
  const link = [...new Set(state.servers.map((s) => s.link))].join(', ')
  return html`<${Panel} title="pool" facts=${link}>
    <${Trend} label="busy" value=${newest(0)} of=${trend(0)} top=${4} />
    <p class="figures"><${Figure} label="open">${p.open} of ${p.max}</${Figure}> <${Figure} label="busy">${p.busy}</${Figure}></p>
    <p class="figures"><${Figure} label="reuse">${f.percent(p.reuse_rate)}</${Figure}> <${Figure} label="created">${f.count(p.created)}</${Figure}> <${Figure} label="recycled">${f.count(p.recycled)}</${Figure}></p>
    ${brief ? null : html`<p class="figures"><${Figure} label="waits">${f.count(p.waits)}</${Figure}> <${Figure} label="mean">${f.duration(p.mean_wait)}</${Figure}> <${Figure} label="timeouts" alarm=${p.timeouts > 0}>${f.count(p.timeouts)}</${Figure}></p>`}
  </${Panel}>`
}

export function Cache({brief}) {
  if (!state.figures) return html`<${Waiting} title="cache" />`
  const c = state.figures.cache
  const rate = newest(1)
  return html`<${Panel} title="cache" facts=${f.percent(c.hit_rate) + ' · ' + f.short(c.looks) + ' lookups'}>
    ${brief ? null : html`<${Trend} label="hits" value=${rate < 0 ? '-' : f.percent(rate)} of=${trend(1)} top=${1} />`}
    <ul class="layers">${(c.layers || []).map((l) => html`<li key=${l.name}>
      <span class="label">${l.name}</span><${Bar} share=${l.hit_rate} /><b>${f.percent(l.hit_rate)}</b><span class="faint">${f.short(l.looks)}</span>
      ${brief ? null : html`<span class="detail"><${Figure} label="ttl">${f.duration(l.ttl)}</${Figure}> <${Figure} label="size">${f.count(l.size)}</${Figure}> <${Figure} label="invalidated">${f.short(l.invalidated)}</${Figure}> <${Figure} label="expired">${f.short(l.expired)}</${Figure}> <${Figure} label="evicted">${f.short(l.evicted)}</${Figure}></span>`}
    </li>`)}</ul>
  </${Panel}>`
}

export function Rounds({brief}) {
  if (!state.figures) return html`<${Waiting} title="rounds" />`
  const r = state.figures.rounds
  return html`<${Panel} title="rounds" facts=${'every ' + f.duration(r.interval)}>
    <${Trend} label="duration" value=${f.duration(newest(3))} of=${trend(3)} top=${1000} />
    ${brief ? null : html`<${Trend} label="captures" value=${newest(2)} of=${trend(2)} top=${1} />`}
    <p class="figures"><${Figure} label="p50">${f.duration(r.p50)}</${Figure}> <${Figure} label="p99">${f.duration(r.p99)}</${Figure}> <${Figure} label="rounds">${f.short(r.rounds)}</${Figure}></p>
    <p class="figures"><${Figure} label="captured">${f.short(r.captured)}</${Figure}> <${Figure} label="avoided">${f.short(r.avoided)}</${Figure}> ${brief ? null : html`<${Figure} label="in vain">${f.short(r.in_vain)}</${Figure}>`}</p>
    ${brief ? null : html`<p class="figures"><${Figure} label="latency p50">${f.duration(r.latency_p50)}</${Figure}> <${Figure} label="p99">${f.duration(r.latency_p99)}</${Figure}></p>
    <p class="figures"><${Figure} label="read">${f.bytes(r.bytes)}</${Figure}> <${Figure} label="memory">${f.bytes(state.figures.memory)}</${Figure}> <${Figure} label="failed" alarm=${r.failures > 0}>${f.count(r.failures)}</${Figure}></p>`}
    <p class="figures"><${Figure} label="tmux CPU">${state.figures.tmux_cpu < 0 ? '-' : f.load(state.figures.tmux_cpu)}</${Figure}> <${Figure} label="agentwatch CPU">${f.load(state.figures.cpu)}</${Figure}></p>
  </${Panel}>`
}

export function Engine() {
  return html`<div class="engine">
    <div class="panels"><${Pool} /><${Rounds} /><${Cache} /></div>
    <${Panel} title="servers" facts=${f.plural(state.servers.length, 'server')} kind="servers">
      ${state.servers.length === 0 ? html`<p class="subtle">no tmux server is running</p>` : null}
      <ul>${state.servers.map((s) => html`<li key=${s.name}><b>${s.name}</b> <span class=${s.degraded ? 'u-limited' : ''}>${s.link}</span> <${Figure} label="tmux">${s.version}</${Figure}> <${Figure} label="panes">${s.panes}</${Figure}> <${Figure} label="agents">${s.agents}</${Figure}> <${Figure} label="heard by">${s.heard_by}</${Figure}>
        ${s.reason ? html`<span class="faint">${s.reason}</span>` : null}${s.problem ? html`<span class="problem">${s.problem}</span>` : null}</li>`)}</ul>
    </${Panel}>
    <${Panel} title="strategies" facts="what each costs on these panes" kind="strategies">
      <div class="scroll" tabindex="0" role="region" aria-label="table of strategies"><table>
        <thead><tr><th scope="col">strategy</th><th scope="col">forecast</th><th scope="col">round p50</th><th scope="col">captures</th><th scope="col">latency p99</th></tr></thead>
        <tbody>${state.strategies.map((s) => html`<tr key=${s.name} class=${s.in_force ? 'in-force' : ''}>
          <th scope="row">${s.in_force ? '▌ ' : ''}${s.name}<span class="faint">${s.problem || s.summary}</span></th>
          <td>${s.foreseen ? (s.forecast < 10 ? s.forecast.toFixed(1) : f.short(s.forecast)) + ' captures/s' : 'no forecast'}</td>
          ${s.rounds ? html`<td>${f.duration(s.p50)}</td><td>${s.captures.toFixed(1)} a round</td><td>${f.duration(s.late)}</td>` : html`<td class="faint" colspan="3">not used yet</td>`}</tr>`)}</tbody>
      </table></div>
    </${Panel}>
  </div>`
}
