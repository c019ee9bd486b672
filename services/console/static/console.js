// What every console does: listens, counts down, tells what went wrong, keeps the keyboard.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// A sign-in link: account and secret are after the #, which no server and no log ever sees.
function comeIn() {
  const door = $("#door");
  const told = decodeURIComponent(location.hash.slice(1));
  if (!door || !told.includes(":")) return;
  history.replaceState(null, "", location.pathname + location.search);
  [door.account.value, door.secret.value] = told.split(":");
  door.requestSubmit();
}

function say(text, bad = true) {
  const toast = document.createElement("p");
  toast.className = bad ? "toast bad" : "toast good";
  toast.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", document.documentElement.lang === "fr" ? "Fermer" : "Close");
  close.onclick = () => toast.remove();
  toast.append(close);
  $("#toasts").append(toast);
  if (!bad) setTimeout(() => toast.remove(), 6000);
}

// Time left, by the clock of the house: pages say what time it is there.
let ahead = 0;
function setClock() {
  const now = $("[data-now]");
  if (now) ahead = Date.parse(now.dataset.now) - Date.now();
}
function lasting(milliseconds) {
  if (milliseconds <= 0) return "0 min";
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes} min ${String(seconds % 60).padStart(2, "0")}`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}
function countDown() {
  for (const time of all("time[data-until]")) {
    const text = lasting(Date.parse(time.dataset.until) - Date.now() - ahead);
    if (time.textContent !== text) time.textContent = text;
  }
}

// Live: one stream a page; hidden for long it stops, shown again it goes on.
let stream = null;
let silence = null;
function linked(on) {
  const link = $("#link");
  if (!link) return;
  link.classList.toggle("off", !on);
  const text = on ? link.dataset.on : link.dataset.off;
  if (link.textContent !== text) link.textContent = text;
}
function listen() {
  const live = $("[data-live]");
  if (!live || stream) return;
  stream = new EventSource(live.dataset.live);
  stream.onopen = () => linked(true);
  stream.onerror = () => {
    linked(false);
    if (stream && stream.readyState === EventSource.CLOSED) {
      stream = null;
      whetherStillIn();
    }
  };
  stream.addEventListener("list", (event) => {
    linked(true);
    show("list", event.data);
  });
}
// Refused, or the server is away. Who may look no longer sees nothing of it: the page is asked anew.
async function whetherStillIn() {
  const answer = await fetch(location.pathname, { redirect: "manual" }).catch(() => null);
  if (answer && (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403)) location.reload();
  else setTimeout(listen, 2000);
}
function show(id, html) {
  const target = document.getElementById(id);
  if (!target) return;
  if (target.querySelector(".htmx-request")) {
    target.dataset.waiting = html;  // what was just asked is answered first
    return;
  }
  if (target.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) {
    target.dataset.waiting = html;  // nobody's typing is taken away
    return;
  }
  delete target.dataset.waiting;
  Idiomorph.morph(target, html, { morphStyle: "innerHTML", restoreFocus: true, callbacks: { beforeAttributeUpdated: notWhatIsOpen, beforeNodeMorphed: notWhatIsShown } });
  htmx.process(target);
  setClock();
  countDown();
  document.dispatchEvent(new CustomEvent("shown", { detail: id }));
}
// What somebody opened to read stays open, and what they asked to see stays there.
function notWhatIsOpen(name, node) {
  return !(name === "open" && node.tagName === "DETAILS");
}
function notWhatIsShown(old) {
  return !(old.classList?.contains("keep-shown") && old.childElementCount);
}
document.addEventListener("focusout", (event) => {
  const target = event.target.closest("[data-waiting]");
  if (target) setTimeout(() => target.dataset.waiting && !target.contains(document.activeElement) && show(target.id, target.dataset.waiting), 50);
});
document.addEventListener("visibilitychange", () => {
  clearTimeout(silence);
  if (document.hidden) {
    silence = setTimeout(() => { stream?.close(); stream = null; }, 60000);
  } else {
    listen();
  }
});

// What went wrong is said where it is seen.
document.addEventListener("htmx:responseError", (event) => {
  const text = event.detail.xhr.responseText;
  say(text.length < 400 && !text.startsWith("<") ? text : `${event.detail.xhr.status}`);
});
document.addEventListener("htmx:sendError", () => {
  say(document.documentElement.lang === "fr" ? "Le serveur ne répond pas : rien n'a été envoyé. Réessayez." : "The server does not answer: nothing was sent. Try again.");
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.elt.closest("button") || event.detail.elt.querySelector?.("button:not([type=button])");
  if (button) { button.setAttribute("aria-busy", "true"); }
});
document.addEventListener("htmx:afterRequest", (event) => {
  for (const one of all("[aria-busy=true]")) one.removeAttribute("aria-busy");
  const told = event.detail.xhr?.getResponseHeader("X-Told");
  if (told) say(decodeURIComponent(told), false);
  const form = event.detail.elt;
  if (event.detail.successful && form.matches("form[data-reset]")) form.reset();
  // Done: the same again is another wish, and not the same one said twice.
  if (event.detail.successful && form.matches("form[data-again]")) form.elements.key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
});
// What was pushed while something was asked is shown after the answer: the last push is the newest.
function showWhatWaits(event) {
  setTimeout(() => {
    for (const one of all("[data-waiting]")) show(one.id, one.dataset.waiting);
  }, 50);
  setClock();
  countDown();
}
document.addEventListener("htmx:afterSettle", showWhatWaits);
document.addEventListener("htmx:afterRequest", showWhatWaits);

// Who speaks to their computer, or types by chance, turns single keys off (WCAG 2.1.4).
function singleKeys() {
  return localStorage.getItem("single-keys") !== "off";
}

// Keys: what has data-key is pressed by it, wherever one is but in a text.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || !singleKeys()) return;
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  const control = event.target.matches("button, a, summary");
  if (typing || (control && event.key === "Enter") || document.querySelector("dialog[open]")) return;
  const digits = event.target.closest("[data-keys=digits]");
  if (digits) return;
  const pressed = all("[data-key]").find((one) => one.dataset.key.toLowerCase() === event.key.toLowerCase() && one.offsetParent);
  if (pressed) { event.preventDefault(); pressed.click(); }
});

document.addEventListener("DOMContentLoaded", () => {
  $("#main").inert = false;
  for (const back of all("input.back")) back.value = location.pathname + location.search;
  comeIn();
  setClock();
  countDown();
  setInterval(countDown, 1000);
  listen();
});
