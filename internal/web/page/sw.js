// The service worker keeps nothing and answers nothing from memory: what it could
// show without the server would not be so any more. It is there for notifications,
// which phones show only through one.
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const view = event.notification.data || '#/inbox'
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({type: 'window', includeUncontrolled: true})
    if (pages.length === 0) return self.clients.openWindow('/' + view)
    pages[0].postMessage({view})
    return pages[0].focus()
  })())
})
