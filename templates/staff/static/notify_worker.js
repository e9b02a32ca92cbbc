// Shows nothing by itself and controls no page: it only answers the press on a notification. A new tab opens, as what is
// typed in another one must not get lost.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.path));
});
