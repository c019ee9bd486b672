// Requests and requests without a solution, by commune: the numbers are on the page as well.
"use strict";
document.addEventListener("DOMContentLoaded", async () => {
  const box = document.querySelector("#equity");
  if (!box) return;
  const answer = await fetch(box.dataset.url);
  if (!answer.ok) return;
  const found = await answer.json();
  const map = L.map(box, { attributionControl: false, zoomControl: true, zoomSnap: .25 });
  const marks = L.featureGroup().addTo(map);
  const most = Math.max(1, ...found.map((one) => one.requests));
  for (const one of found) {
    const name = document.createElement("span");
    name.textContent = `${one.title} : ${one.requests} · ${one.unserved}`;
    L.circleMarker([one.lat, one.lon], { radius: 5 + 20 * Math.sqrt(one.requests / most), color: "#0b4f8a", fillOpacity: .25, weight: 2 }).bindTooltip(name).addTo(marks);
    if (one.unserved) L.circleMarker([one.lat, one.lon], { radius: 4 + 20 * Math.sqrt(one.unserved / most), color: "#8f1d14", dashArray: "4 3", fillOpacity: .35, weight: 3, interactive: false }).addTo(marks);
    const label = document.createElement("span");
    label.textContent = one.title;
    L.marker([one.lat, one.lon], { keyboard: false, interactive: false, icon: L.divIcon({ className: "commune", html: label, iconSize: null }) }).addTo(marks);
  }
  if (found.length) map.fitBounds(marks.getBounds().pad(.15)); else map.setView([46.6, 2.4], 5);
});
