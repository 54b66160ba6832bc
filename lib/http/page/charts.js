// SPDX-License-Identifier: BSD-3-Clause
// Charts of the last two minutes, drawn as SVG. null is a gap: the router was gone.

const SVG = "http://www.w3.org/2000/svg";
export const SAMPLES = 120;

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// The values of one line, newest last; at most SAMPLES.
export class Series {
  values = [];

  push(value) {
    this.values.push(value);
    if (this.values.length > SAMPLES) this.values.shift();
  }

  most() {
    return Math.max(0, ...this.values.filter((value) => value !== null));
  }
}

// The next round number, so that the scale seldom changes.
export function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

// Two lines that share a middle axis: what comes in above it, what goes out below.
export class Mirror {
  constructor(width = 320, height = 88) {
    this.width = width;
    this.height = height;
    this.root = svg("svg", {viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img",
                            preserveAspectRatio: "none"});
    const half = height / 2;
    for (const y of [0.5, half / 2, half + half / 2, height - 0.5]) {
      this.root.append(svg("line", {x1: 0, x2: width, y1: y, y2: y, class: "grid"}));
    }
    for (const x of [width / 4, width / 2, 3 * width / 4]) {
      this.root.append(svg("line", {x1: x, x2: x, y1: 0, y2: height, class: "grid"}));
    }
    this.areas = ["rx", "tx"].map((name) => svg("path", {class: `area ${name}`}));
    this.lines = ["rx", "tx"].map((name) => svg("path", {class: `line ${name}`}));
    this.root.append(...this.areas, ...this.lines,
                     svg("line", {x1: 0, x2: width, y1: half, y2: half, class: "axis"}));
  }

  // Returns the value at the upper and lower edge.
  draw(above, below) {
    const most = roundUp(Math.max(above.most(), below.most()));
    const half = this.height / 2;
    [above, below].forEach((series, i) => {
      const y = (value) => half + (i === 0 ? -1 : 1) * (value / most) * (half - 2);
      this.lines[i].setAttribute("d", path(series.values, this.width, y));
      this.areas[i].setAttribute("d", path(series.values, this.width, y, half));
    });
    return most;
  }
}

// One line of 0 to 100.
export class Spark {
  constructor(width = 240, height = 28) {
    this.width = width;
    this.height = height;
    this.root = svg("svg", {viewBox: `0 0 ${width} ${height}`, class: "chart spark", role: "img",
                            preserveAspectRatio: "none"});
    this.area = svg("path", {class: "area busy"});
    this.line = svg("path", {class: "line busy"});
    this.root.append(svg("line", {x1: 0, x2: width, y1: 0.5, y2: 0.5, class: "grid"}),
                     svg("line", {x1: 0, x2: width, y1: height / 2, y2: height / 2, class: "grid"}),
                     this.area, this.line,
                     svg("line", {x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5, class: "axis"}));
  }

  draw(series) {
    const y = (value) => this.height - 1 - (Math.min(value, 100) / 100) * (this.height - 2);
    this.line.setAttribute("d", path(series.values, this.width, y));
    this.area.setAttribute("d", path(series.values, this.width, y, this.height - 1));
  }
}

// A bar of 0 to 100, with its number for everybody.
export class Bar {
  constructor() {
    this.fill = svg("rect", {x: 0, y: 0, height: 8, width: 0, rx: 2, class: "fill"});
    this.root = svg("svg", {viewBox: "0 0 100 8", class: "meter", "aria-hidden": "true",
                            preserveAspectRatio: "none"});
    this.root.append(svg("rect", {x: 0, y: 0, width: 100, height: 8, rx: 2, class: "track"}), this.fill);
  }

  set(value) {
    this.fill.setAttribute("width", Math.min(Math.max(value ?? 0, 0), 100).toFixed(1));
  }
}

// The newest value is at the right edge; where `base` is given, the line is closed along it.
function path(values, width, y, base = null) {
  const step = width / (SAMPLES - 1);
  const start = width - (values.length - 1) * step;
  let text = "";
  let from = null;
  const close = (x) => {
    if (base !== null && from !== null) text += `L${x.toFixed(1)} ${base}L${from.toFixed(1)} ${base}Z`;
    from = null;
  };
  values.forEach((value, i) => {
    const x = start + i * step;
    if (value === null) {
      close(x - step);
      return;
    }
    text += `${from === null ? "M" : "L"}${x.toFixed(1)} ${y(value).toFixed(1)}`;
    from ??= x;
  });
  close(width);
  return text;
}
