// The regulator's keyboard, list and map.
"use strict";

// Reasons and communes: words are typed, one is picked (ARIA combobox by accessible-autocomplete).
function pickers() {
  for (const box of all(".pick:not([data-ready])")) {
    box.dataset.ready = "";
    const kept = document.createElement("input");
    kept.type = "hidden";
    kept.name = box.dataset.name;
    kept.value = box.dataset.value;
    box.after(kept);
    let asked = 0;
    accessibleAutocomplete({
      element: box,
      id: box.dataset.id,
      name: "",
      defaultValue: box.dataset.title,
      minLength: 1,
      autoselect: true,
      confirmOnBlur: true,
      showNoOptionsFound: true,
      tNoResults: () => box.dataset.none,
      templates: {
        inputValue: (one) => (one ? one.title || one : ""),
        suggestion: (one) => (typeof one === "string" ? escaped(one) : escaped(one.title)),
      },
      source: async (text, show) => {
        const mine = ++asked;
        const known = listed(box.dataset.name);
        if (known) { show(found(known, text)); return; }  // at once: fast fingers are not waited for
        const answer = await fetch(`${box.dataset.url}?q=${encodeURIComponent(text)}`);
        if (mine === asked && answer.ok) show(await answer.json());
      },
      onConfirm: (one) => {
        if (!one || !one.value || kept.value === one.value) return;
        asked += 1;  // what was asked before, and comes now, is late
        kept.value = one.value;
        warn();
        next(box);
      },
    });
    $("input", box).addEventListener("input", () => { kept.value = ""; });
  }
}
// Lists that are short enough come with the page; of long ones the server is asked.
const lists = {};
function listed(name) {
  if (!(name in lists)) {
    const given = document.getElementById(`all-${name}`);
    const all = given ? JSON.parse(given.textContent) : [];
    lists[name] = all.length ? all.map((one) => ({ ...one, folded: folded(`${one.title} ${one.value}`) })) : null;
  }
  return lists[name];
}
function folded(text) {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("-", " ");
}
function found(known, text) {
  const wanted = folded(text).trim();
  const words = wanted.split(/\s+/);
  const has = known.filter((one) => words.every((word) => one.folded.includes(word)));
  return [...has.filter((one) => one.folded.startsWith(wanted)), ...has.filter((one) => !one.folded.startsWith(wanted))].slice(0, 12);
}
function escaped(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}
function next(box) {
  const order = { motive: "#age", commune: "input[name=delay]:checked" };
  setTimeout(() => $(order[box.dataset.name])?.focus(), 0);
}
function warn() {
  const form = $("#draft");
  if (form && form.commune.value && form.age.value) htmx.trigger("#alike", "alike");
}
document.addEventListener("change", (event) => {
  if (event.target.id === "age") warn();
  if (event.target.closest("#draft")) $("#places").replaceChildren();  // they were for another wish
});

// Digits choose a delay, letters a mode, while one is among these choices.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const group = event.target.closest?.(".choices");
  if (!group) return;
  const key = event.key.toUpperCase();
  if (key !== "ENTER" && !singleKeys()) return;
  if (/^[1-9]$/.test(key)) {
    const radio = all("#draft input[name=delay]")[Number(key) - 1];
    if (radio) { event.preventDefault(); radio.checked = true; radio.focus(); $("#places").replaceChildren(); }
  } else if (["C", "D", "V"].includes(key)) {
    const box = $(`#draft input[data-key=${key}]`);
    if (box) { event.preventDefault(); event.stopImmediatePropagation(); box.checked = !box.checked; box.focus(); $("#places").replaceChildren(); }
  } else if (key === "ENTER") {
    event.preventDefault();
    $("#draft").requestSubmit();
  } else if (key === "S") {
    event.preventDefault();
    event.stopImmediatePropagation();
    $("#dispatch").click();
  }
}, true);
// A request that is being typed is not thrown away by a key.
function mayGiveUp() {
  const form = $("#draft");
  const begun = form && (form.motive.value || form.age.value || form.commune.value || form.elements.name.value);
  return !begun || confirm($("#new").dataset.confirm);
}
document.addEventListener("keydown", (event) => {
  if (event.target.id === "age" && event.key === "Enter") {
    event.preventDefault();
    $("#commune-text").focus();
  }
});

// The list: a request is opened in the panel; the one that is open is marked.
let opened = "";
function open(id, focus = true) {
  if (!id) return;
  opened = id;
  mark();
  htmx.ajax("GET", `/console/regulation/requests/${id}`, { target: "#panel", swap: "innerHTML" }).then(() => {
    if (focus) { const title = $("#panel h2"); if (title) { title.tabIndex = -1; title.focus(); } }
  });
}
function mark() {
  for (const line of all("#list .line")) {
    if (line.dataset.request === opened) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
}
let stamps = {};
function stamped() {
  const now = Object.fromEntries(all("#list .line").map((one) => [one.dataset.request, one.dataset.stamp]));
  const before = stamps;
  stamps = now;
  return opened in before && now[opened] !== before[opened];
}
document.addEventListener("shown", (event) => {
  if (event.detail !== "list") return;
  mark();
  const changed = stamped();
  const detail = $("#detail");
  if (changed && detail && detail.dataset.open === opened) refresh(detail.dataset.url);
  if (!$("#map-box").hidden) drawMap();
});
// What changed meanwhile is shown in place: no focus moves, nothing that was opened or asked for goes.
async function refresh(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  const detail = $("#detail");
  if (!answer.ok || !detail || detail.dataset.url !== url) return;
  show("panel", await answer.text());
  if ($("#choose")) htmx.trigger("#choose", "refresh");
}
document.addEventListener("click", (event) => {
  const line = event.target.closest("a[data-request]");
  if (!line || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  open(line.dataset.request);
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id === "choose") return;
  pickers();
  const detail = $("#detail");
  opened = detail ? detail.dataset.open : "";
  mark();
  if (event.detail.target.id === "panel" && $("#draft")) $("#motive-text")?.focus();
  if (event.detail.target.id === "places") {
    const first = $("#places .candidate");
    (first || $("#dispatch")).focus();
    (first || $("#places")).scrollIntoView({ block: "nearest" });
  }
  if (event.detail.target.id === "panel" && $("#detail .go")) $("#detail .go").focus();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && !$("dialog[open]")) {
    if ($("#map-box") && !$("#map-box").hidden) { $("#map-button").click(); return; }
    const line = $("#list .line[aria-current]") || $("#list .line");
    (line || $("#new")).focus();
    return;
  }
  if (typing || $("dialog[open]") || (event.key.length === 1 && !singleKeys())) return;
  const lines = all("#list .line");
  const at = lines.indexOf(document.activeElement);
  switch (event.key) {
    case "n": case "N": event.preventDefault(); if (mayGiveUp()) $("#new").click(); break;
    case "m": case "M": event.preventDefault(); $("#map-button").click(); break;
    case "?": event.preventDefault(); $("#help").showModal(); break;
    case "s": case "S": if ($("#dispatch")) { event.preventDefault(); $("#dispatch").click(); } break;
    case "ArrowDown": case "ArrowUp": {
      if (event.target.matches("input")) return;
      const to = at < 0 ? 0 : at + (event.key === "ArrowDown" ? 1 : -1);
      if (lines[to]) { event.preventDefault(); lines[to].focus(); }
      break;
    }
  }
});

// The map: circles say where and how many; the same is in the list, in words.
let map = null;
let marks = null;
async function drawMap() {
  const box = $("#map");
  const answer = await fetch(box.dataset.url);
  if (!answer.ok) return;
  const found = await answer.json();
  if (!map) {
    map = L.map(box, { attributionControl: Boolean(box.dataset.tiles), zoomControl: true, zoomSnap: .25 });
    if (box.dataset.tiles) L.tileLayer(box.dataset.tiles, { attribution: box.dataset.credit }).addTo(map);
    marks = L.featureGroup().addTo(map);
  }
  const first = !marks.getLayers().length;
  marks.clearLayers();
  if (!box.dataset.tiles) {
    for (const one of found.communes) {
      L.marker([one.lat, one.lon], { keyboard: false, interactive: false, icon: L.divIcon({ className: "commune", html: `<span>${escaped(one.title)}</span>`, iconSize: null }) }).addTo(marks);
    }
  }
  for (const one of found.places) {
    L.circleMarker([one.lat, one.lon], { radius: 5 + Math.min(one.count, 8), color: "#17633a", fillColor: "#2f9e60", fillOpacity: .55, weight: 2 })
      .bindTooltip(`${escaped(one.title)} : ${one.count} ${box.dataset.places}`).addTo(marks);
  }
  for (const one of found.requests) {
    L.circleMarker([one.lat, one.lon], { radius: 7 + Math.min(2 * one.count, 14), color: "#8f1d14", fillColor: "#d9534a", fillOpacity: .45, weight: 3, dashArray: "4 3" })
      .bindTooltip(`${escaped(one.title)} : ${one.count} ${box.dataset.request}`).addTo(marks);
  }
  if (first && marks.getLayers().length) map.fitBounds(marks.getBounds().pad(.15));
}
document.addEventListener("DOMContentLoaded", () => {
  pickers();
  stamped();
  $("#map-button").addEventListener("click", () => {
    const box = $("#map-box");
    box.hidden = !box.hidden;
    $("#map-button").setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden) drawMap().then(() => map && map.invalidateSize());
  });
  const keys = $("#single-keys");
  keys.checked = singleKeys();
  keys.addEventListener("change", () => localStorage.setItem("single-keys", keys.checked ? "on" : "off"));
  if (/^#[0-9a-f-]{36}$/.test(location.hash)) open(location.hash.slice(1));
  else $("#motive-text")?.focus();
});
