// The page: header, views, keys, and what leads from one view to another.

import {html, render, useState, useEffect, useRef} from './vendor/preact-htm.js'
import {state, subscribe, connect, follow, ask, pair, urgency, now, setOnNeed} from './link.js'
import {listed, urgent, nameOf, stateWords} from './common.js'
import {Inbox, Board, Grid, Hosts, tilesAPage} from './views.js'
import {Focus} from './focus.js'
import {Search} from './find.js'
import {Diff} from './diff.js'
import {Snooze} from './snooze.js'
import {Timeline, spans, fitting} from './timeline.js'
import {Engine} from './engine.js'
import {Answering, plan} from './answer.js'
import {readPalette, fit} from './screen.js'
import {canNotify, askToNotify, notify, setUp as setUpNotify} from './notify.js'
import * as format from './format.js'

const views = ['inbox', 'board', 'grid', 'timeline', 'engine', 'hosts', 'search']
const numbers = {board: '1', grid: '2', timeline: '4', engine: '5', inbox: '6', hosts: '7', search: 'S'}
// ofOne are the views of one agent.
const ofOne = ['focus', 'diff']
// places are the dashboard's names of views that it calls otherwise.
const places = {hosts: 'engine', search: 'search of all'}
const placeOf = (view) => places[view] || view
const isPhone = () => innerWidth < 600
const isWide = () => innerWidth >= 1000
const isTablet = () => innerWidth >= 700

// place is the view that the address names.
function place() {
  const [, view, id] = location.hash.split('/')
  if (ofOne.includes(view) && id) return {view, id}
  return {view: views.includes(view) ? view : isPhone() ? 'inbox' : 'board', id: ''}
}

// chosenTheme is the user's choice on this device; '' follows the server, which may
// leave it to the browser.
const chosenTheme = () => localStorage.getItem('agentwatch.theme') || ''
function applyTheme(name) {
  const theme = name || (state.hello && state.hello.theme) || ''
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
  readPalette()
  const base = getComputedStyle(document.documentElement).getPropertyValue('--base').trim()
  document.querySelector('meta[name=theme-color]').content = base
}

// keyName is a key as the tables of the dashboard name it.
function keyName(e) {
  const names = {Enter: 'enter', Escape: 'esc', Backspace: 'backspace', ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right', PageUp: 'pgup', PageDown: 'pgdown', Home: 'home', End: 'end', ' ': 'space', Tab: 'tab'}
  const key = names[e.key] || e.key
  if (e.ctrlKey) return 'ctrl+' + key.toLowerCase()
  if (e.altKey) return 'alt+' + key
  if (e.shiftKey && names[e.key]) return 'shift+' + key
  return key
}

// focusOn gives an agent of the list the focus once it is drawn, unless something lies
// over it by then.
function focusOn(id) {
  requestAnimationFrame(() => { const el = document.querySelector('[data-agent="' + id + '"]'); if (el && !document.querySelector('[role=dialog]')) el.focus() })
}

function actionOf(view, key) {
  const own = {esc: 'back', '?': 'help', '7': 'hosts', T: 'theme'}[key]
  const table = state.hello.keys[placeOf(view)] || []
  const bound = table.find((b) => b.keys.includes(key))
  return bound ? bound.action : own
}

function App() {
  const [, draw] = useState(0)
  const [at, setAt] = useState(place())
  const [selected, select] = useState('')
  const [filter, setFilter] = useState(null)
  const [only, setOnly] = useState('')
  const [page, setPage] = useState(0)
  const [chosenSpan, setSpan] = useState(-1)
  const [back, setBack] = useState(0)
  const [over, setOver] = useState('')
  const [seenTiles, setSeenTiles] = useState([])
  const [sought, setSought] = useState(null)
  const control = useRef({})
  const filterBox = useRef(null)

  useEffect(() => {
    let due = false
    // Drawn once for all that comes within a frame, and not while nobody looks; the
    // title is always right.
    const stop = subscribe(() => {
      title()
      if (due) return
      due = true
      requestAnimationFrame(() => { due = false; draw((n) => n + 1) })
    })
    const moved = () => { setAt(place()); setOver('') }
    const resized = () => { fit(); draw((n) => n + 1) }
    addEventListener('popstate', moved)
    addEventListener('hashchange', moved)
    addEventListener('resize', resized)
    const scheme = matchMedia('(prefers-color-scheme: light)')
    const recoloured = () => { applyTheme(chosenTheme()); draw((n) => n + 1) }
    scheme.addEventListener('change', recoloured)
    return () => { stop(); removeEventListener('popstate', moved); removeEventListener('hashchange', moved); removeEventListener('resize', resized); scheme.removeEventListener('change', recoloured) }
  }, [])
  useEffect(() => { if (filter !== null && filterBox.current) filterBox.current.focus() }, [filter !== null])
  useEffect(() => { if (state.hello) applyTheme(chosenTheme()) }, [state.hello])

  const go = (view, id) => {
    const next = '#/' + view + (id ? '/' + id : '')
    // From agent to agent is one step of the way back.
    if (location.hash !== next) (at.view === 'focus' && view === 'focus' ? history.replaceState : history.pushState).call(history, null, '', next)
    if (id) select(id)
    setAt({view, id: id || ''})
    setOver('')
    if (!ofOne.includes(view) && view !== 'search') control.current = {}
    scrollTo(0, 0)
  }
  // Back leads from one agent's views to the list that it was chosen from, and from what
  // it has changed or from a search to what was looked at before.
  const list = useRef(''), before = useRef(null)
  if (!ofOne.includes(at.view)) list.current = at.view
  if (at.view !== 'diff' && at.view !== 'search') before.current = at
  const leave = () => {
    const was = before.current
    if ((at.view === 'diff' || at.view === 'search') && was) go(was.view, was.id)
    else go(at.view === 'focus' && list.current || (isPhone() ? 'inbox' : 'board'))
  }
  useEffect(() => { if (at.view !== 'focus') setSought(null) }, [at.view])

  const wide = isWide()
  const span = chosenSpan < 0 ? fitting() : chosenSpan
  const known = state.status !== 'unpaired' && state.hello && state.ready
  const inList = known ? (at.view === 'inbox' ? urgent() : listed(filter, only)) : []
  const current = inList.find((a) => a.id === selected) || inList[0]

  // What is seen is followed, and nothing else.
  let panes = []
  if (known) {
    if (at.view === 'focus') panes = [at.id]
    else if (at.view === 'grid') panes = seenTiles
    else if ((wide && at.view === 'inbox' || isTablet() && at.view === 'board') && current) panes = [current.id]
  }
  const figures = at.view === 'engine' || wide && at.view === 'board'
  useEffect(() => { if (known) follow(panes, figures) }, [panes.join(' '), figures, known])

  // A key means what it means in what is shown now.
  const pressed = useRef(null)
  useEffect(() => {
    const listen = (e) => pressed.current(e)
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
  {
    const perform = (action) => {
      const move = (by) => {
        if (at.view === 'focus') { control.current.scroll && control.current.scroll(by / 8); return }
        if (!inList.length) return
        const i = inList.indexOf(current)
        const next = inList[Math.min(Math.max(i + by, 0), inList.length - 1)]
        select(next.id)
        if (at.view === 'grid') setPage(Math.floor(inList.indexOf(next) / tilesAPage))
        focusOn(next.id)
      }
      const jump = (by) => {
        const all = urgent()
        if (!all.length) return false
        const i = all.findIndex((a) => a.id === (at.view === 'focus' ? at.id : current && current.id))
        const next = all[i < 0 ? (by < 0 ? all.length - 1 : 0) : i + by]
        if (!next || i >= 0 && document.activeElement !== document.body && !document.activeElement.dataset.agent && at.view !== 'focus') return false
        if (at.view === 'focus') go('focus', next.id)
        else { select(next.id); focusOn(next.id) }
        return true
      }
      const step = (by) => { const all = listed(filter, only); const i = all.findIndex((a) => a.id === at.id); const next = all[(i + by + all.length) % all.length]; if (next) go('focus', next.id) }
      const target = ofOne.includes(at.view) ? state.agents.get(at.id) : current
      const columns = () => { const t = document.querySelectorAll('[data-tile]'); if (!t.length) return 1; const top = t[0].offsetTop; return [...t].filter((x) => x.offsetTop === top).length }
      if (at.view === 'diff' && control.current.diff && control.current.diff(action)) return true
      switch (action) {
        case 'diff': if (target) go('diff', target.id); return true
        case 'search-all': go('search'); return true
        case 'snooze': if (target && urgency(target.urgency).needs) setOver({snooze: target}); return true
        case 'inbox': case 'board': case 'grid': case 'timeline': case 'engine': case 'hosts': go(action); return true
        case 'focus': case 'open': if (target) go('focus', target.id); return true
        case 'back': if (at.view === 'search' && !over && control.current.back && control.current.back()) return true; if (over) setOver(''); else if (filter !== null) setFilter(null); else if (only) setOnly(''); else leave(); return true
        case 'up': move(at.view === 'grid' ? -columns() : -1); return true
        case 'down': move(at.view === 'grid' ? columns() : 1); return true
        case 'left': if (at.view === 'timeline') pan(1); else move(-1); return true
        case 'right': if (at.view === 'timeline') pan(-1); else if (at.view === 'board' && target) go('focus', target.id); else move(1); return true
        case 'page-up': move(at.view === 'focus' ? -7 : -10); return true
        case 'page-down': move(at.view === 'focus' ? 7 : 10); return true
        case 'top': at.view === 'focus' ? control.current.scroll(-Infinity) : move(-1e6); return true
        case 'bottom': if (at.view === 'focus') { control.current.live(); control.current.scroll(Infinity) } else move(1e6); return true
        case 'next': return jump(1)
        case 'previous': return jump(-1)
        case 'next-agent': if (at.view === 'focus') step(1); else move(1); return true
        case 'previous-agent': if (at.view === 'focus') step(-1); else move(-1); return true
        case 'filter': if (filter === null) setFilter(''); else if (filterBox.current) filterBox.current.focus(); return true
        case 'state-filter': { const words = ['', ...state.hello.urgencies.map((u) => u.word).filter((w) => state.counts[w]), ...(state.summary.snoozed ? [state.hello.snoozed.word] : [])]; setOnly(words[(words.indexOf(only) + 1) % words.length]); return true }
        case 'seen': if (target) ask({seen: {agent: target.id}}).catch(() => {}); return true
        case 'explain': if (at.view === 'focus') control.current.explain(); else if (target) go('focus', target.id); return true
        case 'approve': case 'deny': case 'interrupt': if (target) plan(target, action); return true
        case 'answer': case 'reply': if (target) go('focus', target.id); requestAnimationFrame(() => { const el = document.querySelector(action === 'reply' ? '.reply textarea' : '.options button'); if (el) el.focus() }); return true
        case 'zoom-in': zoom(-1); return true
        case 'zoom-out': zoom(1); return true
        case 'now': setBack(0); return true
        case 'theme': setOver(over === 'theme' ? '' : 'theme'); return true
        case 'help': setOver(over === 'help' ? '' : 'help'); return true
        case 'notices': setOver('notices'); return true
      }
      return false
    }
    pressed.current = (e) => {
      if (!known || e.metaKey || e.defaultPrevented) return
      const writing = e.target.matches('input, textarea, select')
      const key = keyName(e)
      if (writing && at.view === 'search' && key === 'esc') { perform('back'); e.preventDefault(); return }
      if (writing && key !== 'esc') { if (key === 'enter' && e.target === filterBox.current) { e.preventDefault(); e.target.blur() } return }
      if (writing) { e.target.blur(); if (e.target === filterBox.current) setFilter(null); return }
      // What lies over the view has the keys, also while something below has the focus.
      if (over && (key === 'enter' || key === 'space') && !e.target.closest('.over')) { e.preventDefault(); return }
      if (over && key !== 'esc' && key !== '?' && key !== 'T') return
      // Enter and space do what they do to whatever has the focus.
      if ((key === 'enter' || key === 'space') && e.target.closest('button, a, summary')) return
      if (e.ctrlKey && !['ctrl+b', 'ctrl+f', 'ctrl+u', 'ctrl+d'].includes(key)) return
      if (e.target.closest('.sheet') && key !== 'esc') return
      const action = actionOf(at.view, key)
      if (action && perform(action)) e.preventDefault()
    }
  }
  const zoom = (by) => setSpan(Math.min(Math.max(span + by, 0), spans.length - 1))
  const pan = (by) => setBack((b) => Math.min(Math.max(b + by * spans[span][0] / 4, 0), 24 * 3600e3))

  if (state.status === 'unpaired') return html`<${Pair} />`
  if (!known) return html`<main class="waiting"><h1>agentwatch</h1><p role="status">${state.status === 'lost' ? 'not connected; trying again' : 'connecting…'}</p></main>`

  const shared = {go, selected, select, wide, filter: filter || '', only}
  const shown = at.view === 'focus' ? html`<${Focus} id=${at.id} go=${go} back=${leave} sought=${sought && sought.id === at.id ? sought.row : null} snooze=${() => setOver({snooze: state.agents.get(at.id)})} control=${(c) => { control.current = c }} />`
    : at.view === 'diff' ? html`<${Diff} key=${at.id} id=${at.id} back=${leave} control=${(c) => { control.current = c }} />`
    : at.view === 'search' ? html`<${Search} open=${(id, row) => { go('focus', id); setSought({id, row}) }} control=${(c) => { control.current = c }} />`
    : at.view === 'inbox' ? html`<${Inbox} ...${shared} />`
    : at.view === 'board' ? html`<${Board} ...${shared} wide=${isTablet()} />`
    : at.view === 'grid' ? html`<${Grid} ...${shared} page=${page} setPage=${setPage} watch=${(ids) => setSeenTiles((was) => (was.join() === ids.join() ? was : ids))} />`
    : at.view === 'timeline' ? html`<${Timeline} ...${shared} span=${span} back=${back} zoom=${zoom} pan=${pan} />`
    : at.view === 'engine' ? html`<${Engine} />` : html`<${Hosts} />`
  return html`
    <${Header} at=${at.view} go=${go} open=${setOver} />
    <${Lost} />
    ${filter !== null && !ofOne.includes(at.view) && at.view !== 'search' ? html`<div class="filter"><label>/ <input ref=${filterBox} type="search" aria-label="filter" placeholder="name, kind, session, folder" value=${filter} onInput=${(e) => setFilter(e.target.value.replace(/^\//, ''))} /></label><button onClick=${() => setFilter(null)}>clear</button></div>` : null}
    <${Notices} open=${() => setOver('notices')} />
    <main class=${'view-' + at.view} id="view">${shown}</main>
    <${Footer} at=${at.view} />
    <${Tabs} at=${at.view} go=${go} open=${setOver} over=${over} />
    ${over && over.snooze ? html`<${Snooze} agent=${over.snooze} close=${() => setOver('')} />` : null}
    ${over && !over.snooze ? html`<${Over} which=${over} at=${at.view} close=${() => setOver('')} go=${go} redraw=${() => draw((n) => n + 1)} />` : null}
    <${Answering} />`
}

const blocked = () => (state.summary ? state.summary.blocked : 0)
function title() { const n = blocked(); document.title = (n ? '(' + n + ') ' : '') + 'agentwatch'; if (navigator.setAppBadge) (n ? navigator.setAppBadge(n) : navigator.clearAppBadge()).catch(() => {}) }

function Header({at, go, open}) {
  const n = blocked()
  return html`<header class="top">
    <a class="brand" href="#/board" onClick=${(e) => { e.preventDefault(); go(isPhone() ? 'inbox' : 'board') }}>agentwatch</a>
    <p class=${'need ' + (n ? 'u-waiting' : 'faint')} role="status">${n ? html`<span aria-hidden="true">▲</span> ${n} ${n === 1 ? 'needs' : 'need'} you` : 'nobody needs you'}</p>
    <ul class="counts">${state.hello.urgencies.filter((u) => state.counts[u.word] && u.word !== 'waiting').map((u) => html`<li key=${u.word} class=${'u-' + u.word} title=${u.word}><span aria-hidden="true">${u.glyph}</span> ${state.counts[u.word]}<span class="hidden"> ${u.word}</span></li>`)}${state.summary && state.summary.snoozed ? html`<li class="faint" title="snoozed"><span aria-hidden="true">${state.hello.snoozed.glyph}</span> ${state.summary.snoozed}<span class="hidden"> snoozed</span></li>` : null}</ul>
    <nav class="views" aria-label="views">${views.map((v) => html`<a key=${v} href=${'#/' + v} aria-current=${at === v ? 'page' : null} onClick=${(e) => { e.preventDefault(); go(v) }}><kbd aria-hidden="true">${numbers[v]}</kbd>${v}</a>`)}</nav>
    <p class="right"><span class="machine">${state.hello.name}</span><span class="strategy">${state.summary ? state.summary.strategy : ''}</span><span class="clock">${format.clock(Date.now())}</span><button class="small" aria-label="keys, theme and notifications" onClick=${() => open('help')}>?</button></p>
  </header>`
}

function Lost() {
  if (state.status === 'live') return null
  const age = format.age(Date.now() - state.heardAt)
  const rest = Math.max(Math.ceil((state.retryAt - Date.now()) / 1000), 0)
  return html`<p class="lost" role="status"><b>not connected</b> this is what was ${age} ago${state.problem ? ', ' + state.problem : ''}${state.status === 'lost' && rest ? ', trying again in ' + rest + ' s' : ', trying again'}</p>`
}

function Notices({open}) {
  const [hidden, hide] = useState([])
  // The same notice again, with another time or number in it, stays hidden.
  const sort = (n) => n.text.replace(/[0-9:]+/g, '')
  const bad = state.notices.filter((n) => n.severity !== 'info' && !hidden.includes(sort(n)))
  if (!bad.length) return null
  return html`<div class=${'notice ' + bad[0].severity}><button class="said" title=${bad[0].text} onClick=${open}>${bad[0].text}</button>${bad.length > 1 ? html`<b>+${bad.length - 1}</b>` : null}
    <button aria-label="hide this notice" onClick=${() => hide([...hidden, sort(bad[0])])}>×</button></div>`
}

const symbols = {enter: '⏎', up: '↑', down: '↓', left: '←', right: '→', tab: '⇥', 'shift+tab': 'shift+⇥', pgup: 'pgup', pgdown: 'pgdn', space: 'space'}
const showKey = (k) => symbols[k] || k
const answering = ['approve', 'deny', 'answer', 'reply', 'interrupt']
const listing = ['up', 'down', 'top', 'bottom', 'page-up', 'page-down', 'open', 'focus', 'explain', 'seen', 'refresh']
const bindings = (view) => (state.hello.keys[placeOf(view)] || []).filter((b) => (view !== 'engine' && view !== 'hosts' || !listing.includes(b.action)) && (state.hello.answers || !answering.includes(b.action)) && (state.hello.text || b.action !== 'reply'))

function Footer({at}) {
  return html`<footer class="keys" aria-hidden="true">${bindings(at).filter((b) => !b.quiet).slice(0, 12).map((b) => html`<span key=${b.action}><kbd>${showKey(b.keys[0])}</kbd> ${b.does}</span>`)}</footer>`
}

function Tabs({at, go, open, over}) {
  const n = blocked()
  const glyphs = {inbox: '▲', board: '☰', grid: '▦', timeline: '▬'}
  return html`<nav class="tabs" aria-label="views">${Object.keys(glyphs).map((v) => html`<a key=${v} href=${'#/' + v} aria-current=${at === v ? 'page' : null} onClick=${(e) => { e.preventDefault(); go(v) }}>
    <span class="tab-glyph" aria-hidden="true">${glyphs[v]}</span>${v}${v === 'inbox' && n ? html`<b class="badge">${n}<span class="hidden"> need you</span></b>` : null}</a>`)}
    <button aria-expanded=${over === 'more'} onClick=${() => open(over === 'more' ? '' : 'more')}><span class="tab-glyph" aria-hidden="true">⋯</span>more</button></nav>`
}

function Over({which, at, close, go, redraw}) {
  const box = useRef(null)
  const before = useRef(document.activeElement)
  useEffect(() => { box.current.focus(); return () => { if (before.current && before.current.focus) before.current.focus() } }, [])
  const choose = (name) => { name ? localStorage.setItem('agentwatch.theme', name) : localStorage.removeItem('agentwatch.theme'); applyTheme(name); redraw() }
  const theme = html`<fieldset class="themes"><legend>theme</legend>${['', ...state.hello.themes].map((name) => html`<label key=${name} data-theme-of=${name}><input type="radio" name="theme" checked=${chosenTheme() === name} onChange=${() => choose(name)} /> ${name || 'by the device'}</label>`)}</fieldset>`
  const notes = html`<ul class="noticelist">${state.notices.map((n, i) => html`<li key=${i} class=${n.severity}>${n.text}</li>`)}${state.notices.length ? null : html`<li class="subtle">there is nothing to note</li>`}</ul>`
  const tell = canNotify() ? html`<button onClick=${() => askToNotify().then(redraw)}>tell me when an agent needs me</button>` : html`<p class="subtle">${'Notification' in self && Notification.permission === 'granted' ? 'You are told when an agent needs you, while this page is open.' : 'This browser tells nothing for this page.'}</p>`
  const keys = html`<dl class="keylist">${bindings(at).map((b) => html`<div key=${b.action}><dt>${b.keys.filter((k) => !/^shift\+[a-z]$/.test(k)).slice(0, 3).map((k) => html`<kbd key=${k}>${showKey(k)}</kbd> `)}</dt><dd>${b.does}</dd></div>`)}<div><dt><kbd>7</kbd></dt><dd>hosts</dd></div></dl>`
  const about = html`<p class="faint">${state.hello.name} · agentwatch ${state.hello.version} · this device is ${state.hello.device} · ${state.hello.answers ? 'may answer' : 'read-only'}</p>`
  return html`<div class="veil" onClick=${close}><div class="over" ref=${box} tabindex="-1" role="dialog" aria-modal="true" aria-label=${which} onClick=${(e) => e.stopPropagation()}>
    <div class="over-head"><h2>${{help: 'keys on the ' + at, more: 'more', theme: 'theme', notices: 'notices'}[which]}</h2><button onClick=${close}>close</button></div>
    ${which === 'more' ? html`<div class="links"><a href="#/search" onClick=${(e) => { e.preventDefault(); go('search') }}>search all agents</a><a href="#/engine" onClick=${(e) => { e.preventDefault(); go('engine') }}>engine</a><a href="#/hosts" onClick=${(e) => { e.preventDefault(); go('hosts') }}>hosts</a></div>${tell}${notes}${theme}${about}` : null}
    ${which === 'help' ? html`${keys}${tell}${theme}${about}` : null}
    ${which === 'theme' ? theme : null}${which === 'notices' ? notes : null}
  </div></div>`
}

// Pair is what a device sees that is not paired yet.
function Pair() {
  const code = useRef(new URLSearchParams(location.hash.slice(1)).get('pair') || '')
  const [problem, setProblem] = useState(state.problem)
  const [busy, setBusy] = useState(false)
  useEffect(() => { if (code.current) history.replaceState(null, '', '/') }, [])
  const agent = navigator.userAgent
  const guess = (/Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrom/.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : 'browser') + (/Android/.test(agent) ? ' on Android' : /iPhone/.test(agent) ? ' on iPhone' : /iPad/.test(agent) ? ' on iPad' : /Mac OS/.test(agent) ? ' on Mac' : /Windows/.test(agent) ? ' on Windows' : /Linux/.test(agent) ? ' on Linux' : '')
  const submit = async (e) => {
    e.preventDefault()
    const form = new FormData(e.target)
    setBusy(true)
    try { await pair(form.get('code') || code.current, form.get('name'), form.get('remember') === 'on') } catch (error) { setProblem(error.message); code.current = '' }
    setBusy(false)
  }
  return html`<main class="pair"><h1><span class="u-waiting" aria-hidden="true">▲</span> agentwatch</h1>
    <form onSubmit=${submit}>
      <p>${code.current ? 'Pair this device with the machine whose agents you want to see.' : 'This device is not paired. Run `agentwatch web pair` on the machine and open the address that it prints, or write its code here.'}</p>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : null}
      ${code.current ? null : html`<label>code <input name="code" required autocomplete="off" autocapitalize="characters" spellcheck="false" /></label>`}
      <label>name of this device <input name="name" maxlength="40" value=${guess} /></label>
      <label class="check"><input type="checkbox" name="remember" checked=${isPhone()} /> remember it, until it is revoked</label>
      <button class="send" disabled=${busy}>${busy ? 'pairing…' : 'pair'}</button>
    </form></main>`
}

setOnNeed((a) => notify('▲ ' + nameOf(a) + ' ' + stateWords(a), a.dialog && a.dialog.question || a.activity || '', a.id))
setUpNotify((hash) => { location.hash = hash })
applyTheme(chosenTheme())
fit()
render(html`<${App} />`, document.getElementById('app'))

if (location.hash.startsWith('#pair=')) { state.status = 'unpaired' } else connect()
