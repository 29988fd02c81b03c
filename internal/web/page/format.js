// Figures as the dashboard writes them (ui/format): short, with a unit, and no more
// digits than tell something.

const pad = (n) => (n < 10 ? '0' : '') + n

// age says how long something has lasted: 38s, 4m12s, 22m, 2h, 3d.
export function age(ms) {
  const s = Math.max(Math.floor(ms / 1000), 0)
  if (s < 60) return s + 's'
  if (s < 600) return Math.floor(s / 60) + 'm' + pad(s % 60) + 's'
  if (s < 3600) return Math.floor(s / 60) + 'm'
  if (s < 48 * 3600) return Math.floor(s / 3600) + 'h'
  return Math.floor(s / 86400) + 'd'
}

// long is age, but keeps the minutes beside the hours.
export function long(ms) {
  if (ms < 3600e3) return age(ms)
  return Math.floor(ms / 3600e3) + 'h' + pad(Math.floor(ms % 3600e3 / 60e3)) + 'm'
}

// duration writes microseconds: 0.6 ms, 41 ms, 1.2 s.
export function duration(us) {
  if (us <= 0) return '0 ms'
  if (us < 100) return Math.max(Math.floor(us), 1) + ' us'
  if (us < 10e3) return (us / 1e3).toFixed(1) + ' ms'
  if (us < 1e6) return Math.floor(us / 1e3) + ' ms'
  if (us < 100e6) return (us / 1e6).toFixed(1) + ' s'
  return Math.floor(us / 60e6) + ' min'
}

// percent writes a share between 0 and 1.
export function percent(share) {
  const p = share * 100
  if (share >= 1) return '100 %'
  if (p >= 99.9) return '99.9 %'
  if (p >= 99) return p.toFixed(1) + ' %'
  return Math.floor(Math.max(p, 0) + 0.5) + ' %'
}

// load writes a share of a core.
export function load(share) {
  const p = share * 100
  if (p <= 0) return '0 %'
  if (p < 0.1) return '<0.1 %'
  return (p < 9.95 ? p.toFixed(1) : p.toFixed(0)) + ' %'
}

// short writes a number in at most five characters: 940, 18.2k, 3.1M.
export function short(n) {
  const units = ['', 'k', 'M', 'G', 'T', 'P']
  let u = 0
  while (n >= 999.5 && u < units.length - 1) { n /= 1000; u++ }
  return (u > 0 && n < 99.95 ? n.toFixed(1) : Math.round(n)) + units[u]
}

// count writes a number with its thousands apart.
export const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u2009')

// bytes writes an amount of memory.
export const bytes = (n) => { const s = short(n); const d = s.replace(/[kMGTP]$/, ''); return d + ' ' + s.slice(d.length) + 'B' }

export const plural = (n, noun) => n + ' ' + noun + (n === 1 ? '' : 's')

// clock writes a time of day.
export const clock = (ms, seconds) => {
  const d = new Date(ms)
  return pad(d.getHours()) + ':' + pad(d.getMinutes()) + (seconds ? ':' + pad(d.getSeconds()) : '')
}

// moment writes a time of day, with the weekday where it is not within 20 hours.
export const moment = (ms) => (ms - Date.now() > 20 * 3600e3 ? ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(ms).getDay()] + ' ' : '') + clock(ms)

// money writes an amount: $1.20, 12.40 EUR; what is less than a cent says so.
export function money(amount, currency) {
  const text = amount > 0 && amount < 0.005 ? '<0.01' : amount.toFixed(amount >= 1000 ? 0 : 2)
  return !currency ? text : /\p{L}/u.test(currency) ? text + ' ' + currency : currency + text
}

// tokens counts all that was used, cached or not.
const tokens = (t) => (t.input || 0) + (t.cache_read || 0) + (t.cache_write || 0) + (t.output || 0)

// spent writes in few characters what an agent has used today, or that nothing is known.
export const spent = (t) => (!t || !t.today ? '' : (t.today.cost > 0 ? money(t.today.cost, t.currency) : short(tokens(t.today))) + ' today')

// used writes what has been used in words: 5.8k tokens (5.7k in, 40 cached, 135 out), $0.07.
export function used(t, currency) {
  const parts = [short(t.input || 0) + ' in', t.cache_read > 0 && short(t.cache_read) + ' cached', t.cache_write > 0 && short(t.cache_write) + ' to cache', short(t.output || 0) + ' out'].filter(Boolean)
  return short(tokens(t)) + ' tokens (' + parts.join(', ') + ')' + (t.cost > 0 ? ', ' + money(t.cost, currency) + (t.unpriced > 0 ? ' and ' + short(t.unpriced) + ' without a price' : '') : '')
}

// contextLeft writes how much of the context is left: 99 % left, 1.9k of 258k used.
export const contextLeft = (t) => (!t.context ? '' : !t.window ? short(t.context) + ' tokens' : percent(Math.max(1 - t.context / t.window, 0)) + ' left, ' + short(t.context) + ' of ' + short(t.window) + ' used')

// planLimit writes a limit of the plan: 9.5 % of 5h used, anew at 21:40. offset is what
// the server's clock is ahead of ours.
export const planLimit = (l, offset) => l.used + ' %' + (l.window ? ' of ' + age(l.window) : '') + ' used' + (!l.resets ? '' : l.resets - offset - Date.now() > 20 * 3600e3 ? ', anew ' + moment(l.resets - offset) : ', anew at ' + clock(l.resets - offset))
