// Keys, the list of keys, and buttons that cannot be pressed twice. Every page works without it.
"use strict";

const help = document.getElementById("keys");

function typing(target) {
  return target instanceof HTMLElement && target.closest("input:not([type=checkbox]), select, textarea") !== null;
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    if (event.key === "Enter" && event.target.matches("[data-no-enter]")) { event.preventDefault(); event.target.blur(); }
    return;
  }
  if (event.key === "?" && help) { event.preventDefault(); help.open ? help.close() : help.showModal(); return; }
  if (help && help.open) return;
  if (event.key === "j" || event.key === "k") { move(event.key === "j" ? 1 : -1); return; }
  const meant = document.querySelector(`[data-key~="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!meant) return;
  event.preventDefault();
  meant.matches("input") ? meant.focus() : meant.click();
});

document.querySelectorAll("[data-opens]").forEach((button) => button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal()));
if (help) help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

document.addEventListener("submit", (event) => {
  if (document.documentElement.dataset.sent) { event.preventDefault(); return; }
  if (event.target.method !== "post") return;
  document.documentElement.dataset.sent = "yes";
});
// a page that comes back out of the browser's memory may be sent again
window.addEventListener("pageshow", () => { delete document.documentElement.dataset.sent; });
