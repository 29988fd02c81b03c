// What an agent has changed in the folder that it works in: by file, coloured, searched.
// Nothing is written there.

import {html, useState, useEffect, useRef} from './vendor/preact-htm.js'
import {state, ask} from './link.js'
import {nameOf, Glyph, Nothing} from './common.js'
import {Pieces} from './find.js'
import * as format from './format.js'

const letters = {modified: 'M', added: 'A', deleted: 'D', renamed: 'R', copied: 'C', retyped: 'T', unmerged: 'U', untracked: '?'}
const names = {'+': 'added', '-': 'removed', '@': 'hunk', '!': 'note'}

const Sums = ({of: f}) => (f.binary ? html`<span class="faint">binary</span>` : f.added + f.removed === 0 ? null : html`<span class="sums"><span class="plus">+${f.added}</span> <span class="minus">-${f.removed}</span></span>`)

// finder is what finds a text in a row: its pieces, of which every second one was found.
// What is between slashes is a regular expression. Null for nothing that can be found.
function finder(text) {
  if (!text) return null
  const expression = /^\/(.+)\/$/.exec(text)
  let wanted
  try { wanted = new RegExp(expression ? expression[1] : text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'giu') } catch { return null }
  return (row) => {
    const pieces = []
    let at = 0
    for (const m of row.matchAll(wanted)) {
      if (!m[0]) continue
      pieces.push(row.slice(at, m.index), m[0])
      at = m.index + m[0].length
    }
    return at ? [...pieces, row.slice(at)] : null
  }
}

export function Diff({id, back, control}) {
  const a = state.agents.get(id)
  const [base, setBase] = useState(false)
  const [again, setAgain] = useState(0)
  const [got, setGot] = useState(null)
  const [problem, setProblem] = useState('')
  const [loading, setLoading] = useState(true)
  const [text, setText] = useState('')
  const box = useRef(null)
  const line = useRef(null)
  const match = useRef(-1)
  useEffect(() => {
    const asked = ask({diff: {agent: id, base}})
    let gone = false
    setLoading(true)
    asked.then((d) => { if (!gone) { setGot(d); setProblem(''); setLoading(false) } }, (e) => { if (!gone) { setProblem(e.message); setLoading(false) } })
    return () => { gone = true; asked.cancel() }
  }, [id, base, again])
  const more = async (i) => {
    const asked = got
    try {
      const d = await ask({diff: {agent: id, base, file: i}})
      // The folder may have changed meanwhile: the row is that of the file, not of its place.
      const rows = d.files[i] && d.files[i].path === asked.files[i].path ? d.files[i].rows : null
      if (!rows) { setAgain((n) => n + 1); return }
      setGot((now) => (now === asked ? {...now, files: now.files.map((f, k) => (k === i ? {...f, rows} : f))} : now))
    } catch (e) { setProblem(e.message) }
  }
  const files = () => [...box.current.querySelectorAll('.changed')]
  // reach is how far from the top of the window what is looked at begins.
  const reach = () => document.querySelector('.top').getBoundingClientRect().bottom + 4
  const toFile = (by) => {
    const all = files()
    const at = all.findLastIndex((f) => f.getBoundingClientRect().top <= reach() + 4)
    const to = all[Math.min(Math.max(at + by, 0), all.length - 1)]
    if (to) to.scrollIntoView()
  }
  const step = (by) => {
    const all = [...box.current.querySelectorAll('mark')]
    if (!all.length) return
    match.current = (match.current + by + all.length) % all.length
    all.forEach((m, i) => m.classList.toggle('current', i === match.current))
    all[match.current].scrollIntoView({block: 'center'})
  }
  const scroll = (by) => scrollBy(0, by * innerHeight)
  control({
    diff: (action) => {
      switch (action) {
        case 'next': toFile(1); return true
        case 'previous': toFile(-1); return true
        case 'open': { const first = box.current.querySelector('.files a'); if (first) first.focus(); return true }
        case 'diff-base': setBase(!base); return true
        case 'refresh': setAgain((n) => n + 1); return true
        case 'search': line.current.focus(); return true
        case 'search-next': step(1); return true
        case 'search-previous': step(-1); return true
        case 'up': scrollBy(0, -40); return true
        case 'down': scrollBy(0, 40); return true
        case 'page-up': scroll(-0.85); return true
        case 'page-down': scroll(0.85); return true
        case 'top': scrollTo(0, 0); return true
        case 'bottom': scrollTo(0, document.documentElement.scrollHeight); return true
        case 'pan-left': case 'pan-right': for (const f of box.current.querySelectorAll('.patch')) f.scrollLeft += action === 'pan-left' ? -80 : 80; return true
      }
      return false
    },
  })
  const find = finder(text)
  useEffect(() => { match.current = -1; if (find) step(1) }, [text])
  if (!a) return html`<${Nothing} glyph="·">this agent is gone<br /><button onClick=${back}>back</button></${Nothing}>`
  const against = got ? got.against + (got.commit ? ' (' + got.commit + ')' : '') : ''
  const found = find && got ? got.files.reduce((n, f) => n + (f.rows || []).reduce((k, r) => { const p = find(r[1]); return k + (p ? (p.length - 1) / 2 : 0) }, 0), 0) : 0
  return html`<div class="diff" ref=${box}>
    <header class=${'who u-' + a.urgency}>
      <button class="back" onClick=${back} aria-label="back">←</button>
      <h1><${Glyph} of=${a} /> ${nameOf(a)}</h1>
      <span class="state">${got ? html`${format.plural(got.files.length + (got.omitted || 0), 'file')} <span class="sums"><span class="plus">+${got.added}</span> <span class="minus">-${got.removed}</span></span> against ${against}` : 'what it has changed'}</span>
      <span class="faint">${loading ? 'asking git…' : got ? [got.name, got.branch, 'as of ' + format.clock(got.at - state.offset, true)].filter(Boolean).join(' · ') : ''}</span>
    </header>
    <div class="diffbar">
      <button aria-pressed=${base} disabled=${!base && got && !got.base} onClick=${() => setBase(!base)}>${base ? 'against the last commit' : 'since the branch began'}</button>
      <button onClick=${() => setAgain((n) => n + 1)}>read anew</button>
      <form class="findline" role="search" onSubmit=${(e) => { e.preventDefault(); step(1) }}><input ref=${line} type="search" aria-label="search the diff" placeholder="search the diff" autocapitalize="off" spellcheck="false" value=${text} onInput=${(e) => setText(e.target.value)} /></form>
      ${text ? html`<span class="faint" role="status">${find ? found + (found === 1 ? ' match' : ' matches') + (got && got.files.some((f) => !f.rows) ? ' in what is shown' : '') : 'no regular expression'}</span>` : null}
    </div>
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : null}
    ${got && !problem && got.files.length === 0 && !got.omitted ? html`<${Nothing}>nothing has changed against ${against}</${Nothing}>` : null}
    ${got && got.files.length ? html`<div class="diffbody">
      <nav class="files" aria-label="files">${got.files.map((f, i) => html`<a key=${f.path} href=${'#file-' + i} onClick=${(e) => { e.preventDefault(); files()[i].scrollIntoView() }}>
        <span class=${'change c-' + f.change} title=${f.change}>${letters[f.change] || 'M'}</span><span class="path"><bdi>${f.path}</bdi></span><${Sums} of=${f} /></a>`)}</nav>
      <div class="patches">${got.files.map((f, i) => html`<section key=${f.path} class="changed" aria-label=${f.path}>
        <h2><span class="path">${f.from ? f.from + ' => ' : ''}${f.path}</span> ${f.change === 'modified' ? null : html`<span class="faint">${f.change}</span>`} <${Sums} of=${f} /></h2>
        ${f.rows ? html`<${Patch} rows=${f.rows} find=${find} name=${f.path} />` : html`<button class="older" onClick=${() => more(i)}>show what has changed here</button>`}
      </section>`)}
      ${got.omitted ? html`<p class="note">${format.plural(got.omitted, 'further file')} not listed</p>` : null}</div>
    </div>` : null}
  </div>`
}

function Patch({rows, find, name}) {
  if (!rows.length) return null
  return html`<div class="patch" tabindex="0" role="region" aria-label=${'diff of ' + name}><div>${rows.map(([kind, text], i) => {
    const pieces = find && find(text)
    return html`<div key=${i} class=${'dr ' + (names[kind] || '')}>${pieces ? html`<${Pieces} of=${pieces} />` : text || '\u00a0'}</div>`
  })}</div></div>`
}
