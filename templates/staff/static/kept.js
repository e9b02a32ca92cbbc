// Says beside the reply box that typed words which only this tab has are on their way, until the scripts that bring them run.

try {
  const [, , place, id] = location.pathname.split("/");
  const kept = JSON.parse(sessionStorage.getItem("intake-unsaved") ?? "{}")[id];
  const member = document.querySelector('meta[name="member"]')?.content;
  if (place === "conversations" && kept?.text && kept.member === member) document.documentElement.dataset.returning = "";
} catch {
  // without storage, nothing is on its way
}
