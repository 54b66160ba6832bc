// SPDX-License-Identifier: BSD-3-Clause
// Numbers for people, and elements without any HTML from outside.

const UNITS = ["", "k", "M", "G", "T", "P"];

// Three digits are enough at a glance: 1.23 M, 12.3 M, 123 M.
export function human(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    ++unit;
  }
  const digits = rest >= 99.95 || (unit === 0 && Number.isInteger(rest)) ? 0 : rest >= 9.995 ? 1 : 2;
  const text = unit === 0 && rest > 0 && rest < 10 && digits > 0 ? rest.toFixed(1) : rest.toFixed(digits);
  return unit === 0 ? text : `${text} ${UNITS[unit]}`;
}

export const bits = (aSecond) => withUnit(aSecond, "bit/s");
export const packets = (aSecond) => withUnit(aSecond, "packets/s");

function withUnit(value, unit) {
  const text = human(value);
  return text === "–" ? text : unit === "bit/s" && /[kMGTP]$/.test(text) ? text + unit : `${text} ${unit}`;
}

// 1,234,567: a counter as it is.
export function exact(value) {
  return value === null || value === undefined ? "–" : value.toLocaleString("en-US");
}

export function percent(value) {
  if (value === null || value === undefined) return "–";
  return `${value >= 99.95 ? "100" : value.toFixed(1)} %`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => whole >= size);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).map(([size, name], i) =>
    `${Math.floor((i === 0 ? whole : whole % parts[first][0]) / size)} ${name}`).join(" ");
}

export function nanoseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 1e3) return `${value} ns`;
  if (value < 1e6) return `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)} µs`;
  if (value < 1e9) return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} ms`;
  return `${(value / 1e9).toFixed(1)} s`;
}

export function speed(mbps) {
  return mbps === 0 ? "" : mbps >= 1000 ? `${mbps / 1000} Gbit/s` : `${mbps} Mbit/s`;
}

export const byId = (id) => document.getElementById(id);

// Sets a text only when it differs: a screen reader need not read the same again.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// make("td", {class: "n"}, "text", child): attributes, then texts and elements.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Makes the rows of a table body these, with the cells of each: [text or element, class].
// Cells keep their place, so that a selection and the focus survive an update.
export function fill(body, rows) {
  const labels = [...body.parentElement.tHead.rows[0].cells].map((cell) => cell.textContent);
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, i) => {
    const row = body.rows[i] ?? body.insertRow();
    row.className = cells.rowClass ?? "";
    cells.forEach(([content, kind = ""], j) => {
      let cell = row.cells[j];
      if (!cell) {
        cell = make(j === 0 ? "th" : "td", j === 0 ? {scope: "row"} : {});
        cell.dataset.label = labels[j];
        row.append(cell);
      }
      if (cell.className !== kind) cell.className = kind;
      if (content instanceof Node) {
        if (cell.firstChild !== content) cell.replaceChildren(content);
      } else {
        say(cell, content);
      }
    });
    while (row.cells.length > cells.length) row.deleteCell(-1);
  });
}
