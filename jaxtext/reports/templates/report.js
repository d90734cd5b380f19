"use strict";
const page = JSON.parse(document.getElementById("data").textContent);
const ink = () => getComputedStyle(document.body).color;
const actions = {export: true, source: false, compiled: false, editor: false};

for (const [id, spec] of Object.entries(page.charts)) {
  const box = document.getElementById(id);
  vegaEmbed(box, spec, {renderer: "svg", config: page.config, actions}).then(() => {
    box.querySelector("summary").setAttribute("aria-label", "Save the chart");
  });
}

// Nearest words: vectors are whole numbers from -127 to 127, so that a page stays small.

function decoded(run) {
  const bytes = Uint8Array.from(atob(run.vectors), (c) => c.charCodeAt(0));
  const rows = new Int8Array(bytes.buffer), dim = run.dim;
  const lengths = run.words.map((_, i) => {
    let sum = 0;
    for (let d = i * dim; d < (i + 1) * dim; d++) sum += rows[d] * rows[d];
    return Math.sqrt(sum);
  });
  const places = new Map(run.words.map((word, i) => [word, i]));
  return {...run, rows, lengths, places};
}

const runs = page.runs.map(decoded);

function place(run, word) {
  return run.places.get(word) ?? run.places.get(word.normalize("NFC")) ?? run.places.get(word.toLowerCase());
}

function nearest(run, row, top) {
  const {rows, dim, lengths} = run, scores = [];
  for (let i = 0; i < lengths.length; i++) {
    if (i === row || !lengths[i]) continue;
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += rows[row * dim + d] * rows[i * dim + d];
    scores.push([sum / (lengths[row] * lengths[i]), i]);
  }
  return scores.sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, top);
}

function element(tag, text, parent) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function answered(run, word) {
  const box = element("div"), row = place(run, word);
  if (runs.length > 1) element("h3", run.name, box);
  if (row === undefined) {
    element("p", `“${word}” is not among the ${run.words.length.toLocaleString("en")} most frequent words of ${run.name}.`, box);
    return box;
  }
  if (!run.lengths[row]) {
    element("p", `The vector of “${word}” is zero, so that it has no neighbors.`, box);
    return box;
  }
  const table = element("table", undefined, box);
  element("caption", `Nearest to “${run.words[row]}” among the ${run.words.length.toLocaleString("en")} most frequent words`, table);
  const head = element("tr", undefined, element("thead", undefined, table));
  for (const name of ["word", "cosine"]) element("th", name, head).scope = "col";
  const body = element("tbody", undefined, table);
  for (const [cosine, i] of nearest(run, row, 10)) {
    const line = element("tr", undefined, body);
    const button = element("button", run.words[i], element("td", undefined, line));
    button.type = "button";
    button.className = "word";
    button.addEventListener("click", () => ask(run.words[i]));
    element("td", cosine.toFixed(2), line);
  }
  return box;
}

const input = document.getElementById("word"), close = document.getElementById("close");

function ask(word) {
  if (!runs.some((run) => run.places.has(word))) word = word.trim();
  if (!word) return;
  input.value = word;
  document.getElementById("answer").replaceChildren(...runs.map((run) => answered(run, word)));
  for (const map of maps) map.show(word);
}

if (input) {
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(input.value);
  });
  input.addEventListener("input", () => {
    const begin = input.value.trim().toLowerCase(), found = new Set();
    for (const run of runs) {
      for (const word of run.words) {
        if (found.size >= 12 || !begin) break;
        if (word.toLowerCase().startsWith(begin)) found.add(word);
      }
    }
    close.replaceChildren(...Array.from(found, (word) => Object.assign(document.createElement("option"), {value: word})));
  });
}

// Maps: the wheel, two fingers, the keys + and - and the buttons zoom; dragging and arrows move.

const maps = [];

class WordMap {
  constructor(id, specs) {
    this.box = document.getElementById(id);
    this.specs = specs;
    this.word = "";
    this.pointers = new Map();
    const kind = document.getElementById(`${id}-kind`);
    if (kind) kind.addEventListener("change", () => this.draw(kind.value));
    for (const button of document.querySelectorAll(`[data-map="${id}"]`)) {
      button.addEventListener("click", () => this.zoom(Number(button.dataset.zoom)));
    }
    this.box.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 60) / 250), this.at(event));
    }, {passive: false});
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("pointerdown", (event) => {
      this.box.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, this.at(event));
    });
    this.box.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.box.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
    new ResizeObserver(() => this.resize()).observe(this.box);
    this.ready = this.draw(Object.keys(specs)[0]);
  }

  async draw(kind) {
    const {view} = await vegaEmbed(this.box, this.specs[kind], {renderer: "canvas", actions: false, config: {font: "system-ui, sans-serif"}});
    this.view = view;
    this.kind = kind;
    this.whole = [view.signal("xs"), view.signal("ys")];
    view.signal("ink", ink()).signal("shown", this.word);
    await this.resize();
  }

  resize() {
    if (!this.view || !this.box.clientWidth) return undefined;
    const width = this.box.clientWidth - 4;
    return this.view.width(width).height(Math.min(520, Math.max(340, width))).runAsync();
  }

  // Where an event is, as a share of the width and of the height, from the lower left.
  at(event) {
    const box = this.box.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  }

  ends(change) {
    const ends = ["xs", "ys"].map((name, side) => change(this.view.signal(name), side));
    this.view.signal("xs", ends[0]).signal("ys", ends[1]).runAsync();
  }

  zoom(factor, at = [0.5, 0.5]) {
    this.ends((ends, side) => {
      if (!factor) return this.whole[side];
      const fixed = ends[0] + (ends[1] - ends[0]) * at[side];
      return ends.map((end) => fixed + (end - fixed) * factor);
    });
  }

  move(by) {
    this.ends((ends, side) => ends.map((end) => end - (ends[1] - ends[0]) * by[side]));
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId), now = this.at(event);
    if (!before) return;
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (!other) {
      this.move([now[0] - before[0], now[1] - before[1]]);
      return;
    }
    const distance = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1e-3;
    this.zoom(distance(before) / distance(now), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
  }

  key(event) {
    const moves = {ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1]};
    if (moves[event.key]) this.move(moves[event.key]);
    else if (["+", "="].includes(event.key)) this.zoom(0.67);
    else if (["-", "_"].includes(event.key)) this.zoom(1.5);
    else if (event.key === "0") this.zoom(0);
    else return;
    event.preventDefault();
  }

  async show(word) {
    this.word = word;
    await this.ready;
    this.view.signal("shown", word).runAsync();
  }
}

for (const [id, specs] of Object.entries(page.maps)) maps.push(new WordMap(id, specs));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const map of maps) map.view.signal("ink", ink()).runAsync();
});
if (input && page.first) ask(page.first);
window.jaxtext = {maps, ask};  // for those who look behind the page
