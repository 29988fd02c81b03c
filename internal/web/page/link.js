// The connection to the server, and all that it has told: docs/web.md describes the
// protocol.

const listeners = new Set()

// state is what is known. Agents, rows and parts are replaced, never changed, so that
// whoever draws them can tell what is new.
export const state = {
  // status is unpaired, connecting, live, lost or refused; problem says why.
  status: 'connecting', problem: '', retryAt: 0,
  // heardAt is when the server was heard last, by our clock; offset what its clock is
  // ahead of ours.
  heardAt: 0, offset: 0,
  hello: null, ready: false,
  agents: new Map(), order: [], counts: {}, servers: [], hosts: [], notices: [], summary: null, figures: null, strategies: [],
  screens: new Map(), pasts: new Map(), pastsKnown: false,
}

// subscribe calls a function when anything has changed.
export function subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener) }
const changed = () => { for (const l of listeners) l() }
export const redraw = changed

// onNeed is called with an agent that has begun to need the user.
let onNeed = () => {}
export function setOnNeed(f) { onNeed = f }

export const now = () => Date.now() + state.offset

const tokenKey = 'agentwatch.token'
export const token = () => sessionStorage.getItem(tokenKey) || localStorage.getItem(tokenKey)

export function keepToken(value, remember) {
  forgetToken()
  ;(remember ? localStorage : sessionStorage).setItem(tokenKey, value)
}
function forgetToken() { sessionStorage.removeItem(tokenKey); localStorage.removeItem(tokenKey) }

let socket = null
let tries = 0
let timer = 0
let asked = 0
const waiting = new Map()
let wanted = {panes: [], figures: false}

// silence is after how many milliseconds without a word the connection is lost: the
// server says something every 15 s.
const silence = 35e3

export function connect() {
  clearTimeout(timer)
  if (!token()) { set({status: 'unpaired'}); return }
  if (state.status !== 'lost') set({status: 'connecting'})
  const ws = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/ws', 'agentwatch.1')
  socket = ws
  ws.onopen = () => ws.send(JSON.stringify({auth: {token: token()}}))
  ws.onmessage = (event) => { if (socket === ws) take(JSON.parse(event.data)) }
  ws.onclose = (event) => { if (socket === ws) closed(event) }
}

function closed(event) {
  socket = null
  for (const reject of waiting.values()) reject.no(new Error('the connection was lost'))
  waiting.clear()
  if (event.code === 4401) {
    forgetToken()
    set({status: 'unpaired', problem: event.reason || 'this device is not paired'})
    return
  }
  tries++
  const pause = Math.min(500 * 2 ** Math.min(tries - 1, 5), 10e3) * (0.8 + 0.4 * Math.random())
  timer = setTimeout(connect, pause)
  set({status: 'lost', problem: event.code === 4429 ? event.reason : '', retryAt: Date.now() + pause})
}

// hurry tries at once, when there is reason to think that it works again.
function hurry() { if (state.status === 'lost') { tries = 0; connect() } }
addEventListener('online', hurry)
document.addEventListener('visibilitychange', () => { if (!document.hidden) hurry() })
setInterval(() => {
  if (socket && state.status === 'live' && Date.now() - state.heardAt > silence) socket.close()
  changed()
}, 1000)

function set(values) { Object.assign(state, values); changed() }

function take(m) {
  state.heardAt = Date.now()
  if (m.hello) {
    tries = 0
    Object.assign(state, {status: 'live', problem: '', hello: m.hello, offset: m.hello.now - Date.now(), screens: new Map(), pastsKnown: false})
    sendFollow()
  }
  if (m.snap) begin(m.snap)
  if (m.patch) apply(m.patch, state.agents, false)
  if (m.screens) for (const [id, patch] of Object.entries(m.screens)) state.screens.set(id, patched(state.screens.get(id), patch))
  if (m.n) socket.send(JSON.stringify({ack: m.n}))
  if (m.answer) {
    const w = waiting.get(m.answer)
    waiting.delete(m.answer)
    if (w) m.error ? w.no(new Error(m.error)) : w.yes(m.value)
    return
  }
  changed()
}

function begin(c) {
  const before = new Map([...state.agents.values()].map((a) => [keyOf(a), a]))
  const known = state.ready
  state.agents = new Map()
  apply(c, state.agents, true)
  state.ready = true
  if (known) for (const a of state.agents.values()) {
    const was = before.get(keyOf(a))
    if (needs(a) && !(was && needs(was))) onNeed(a)
  }
}

const keyOf = (a) => [a.host, a.server, a.pane, a.kind].join('\n')
const needs = (a) => urgency(a.urgency).blocked && !a.stale && !a.snooze

// urgency is what is to be known of a state.
export function urgency(word) {
  return state.hello.urgencies.find((u) => u.word === word) || {word, glyph: '?', need: 'cannot tell', rank: 3, needs: false, blocked: false}
}

function apply(c, agents, quiet) {
  for (const [id, fields] of Object.entries(c.up || {})) {
    const was = agents.get(id)
    const next = {...was, id, ...fields}
    for (const f of Object.keys(fields)) if (fields[f] === null) delete next[f]
    agents.set(id, next)
    if (!quiet && (!was || was.urgency !== next.urgency)) {
      const past = state.pasts.get(id)
      if (past) state.pasts.set(id, [...past, [now(), next.urgency]])
      else if (state.pastsKnown) state.pasts.set(id, [[next.since || now(), next.urgency]])
      if (needs(next) && !(was && needs(was))) onNeed(next)
    }
  }
  for (const id of c.gone || []) { agents.delete(id); state.screens.delete(id); state.pasts.delete(id) }
  for (const part of ['order', 'counts', 'servers', 'hosts', 'notices', 'summary', 'figures', 'strategies']) if (c[part] !== undefined) state[part] = c[part]
  state.agents = new Map(agents)
}

function patched(before, patch) {
  const rows = (before ? before.rows : []).slice(0, patch.rows)
  for (const [i, row] of Object.entries(patch.set || {})) rows[i] = row
  for (let i = 0; i < patch.rows; i++) if (rows[i] === undefined) rows[i] = ''
  return {rows, at: patch.at, problem: patch.problem}
}

// follow asks for the screens of some agents and no others, and for the figures.
export function follow(panes, figures) {
  if (figures === wanted.figures && panes.length === wanted.panes.length && panes.every((p, i) => p === wanted.panes[i])) return
  for (const id of [...state.screens.keys()]) if (!panes.includes(id)) state.screens.delete(id)
  wanted = {panes, figures}
  sendFollow()
}
function sendFollow() { if (socket && socket.readyState === 1 && state.status === 'live') socket.send(JSON.stringify({follow: wanted})) }

// ask asks the server a question. Its answer's cancel withdraws it.
export function ask(question) {
  let number = 0
  const answer = new Promise((yes, no) => {
    if (!socket || state.status !== 'live') { no(new Error('not connected')); return }
    number = ++asked
    waiting.set(number, {yes, no})
    socket.send(JSON.stringify({ask: number, ...question}))
  })
  answer.cancel = () => {
    const w = waiting.get(number)
    if (!w) return
    waiting.delete(number)
    if (socket && socket.readyState === 1) socket.send(JSON.stringify({cancel: number}))
    w.no(new Error('withdrawn'))
  }
  return answer
}

// pair exchanges a one-time code for a token.
export async function pair(code, name, remember) {
  const response = await fetch('/pair', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({code, name})})
  if (!response.ok) throw new Error((await response.text()).trim())
  keepToken((await response.json()).token, remember)
  set({status: 'connecting', problem: ''})
  connect()
}
