// Notifications of the browser, while the page is open and nobody looks at it.

let worker = null

// setUp prepares what phones need for them; go opens a view.
export function setUp(go) {
  if (!('serviceWorker' in navigator) || !self.isSecureContext) return
  // The policy of the page lets nothing run that was made of text; the worker's address
  // is the one text that may name a script.
  const policy = self.trustedTypes ? trustedTypes.createPolicy('agentwatch', {createScriptURL: (url) => { if (url !== '/sw.js') throw new TypeError(url); return url }}) : {createScriptURL: (url) => url}
  navigator.serviceWorker.register(policy.createScriptURL('/sw.js')).then((r) => { worker = r }, () => {})
  navigator.serviceWorker.addEventListener('message', (e) => { if (e.data && typeof e.data.view === 'string' && e.data.view.startsWith('#/')) go(e.data.view) })
}

export const canNotify = () => 'Notification' in self && self.isSecureContext && Notification.permission === 'default'
export const askToNotify = () => Notification.requestPermission()

export function notify(title, body, id) {
  if (!('Notification' in self) || Notification.permission !== 'granted' || (!document.hidden && document.hasFocus())) return
  const options = {body, tag: 'agent-' + id, icon: '/icon-192.png', data: '#/focus/' + id}
  if (worker) { worker.showNotification(title, options).catch(() => {}); return }
  try {
    const n = new Notification(title, options)
    n.onclick = () => { self.focus(); location.hash = options.data; n.close() }
  } catch { /* some phones know only those of a service worker */ }
}
