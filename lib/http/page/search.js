// SPDX-License-Identifier: BSD-3-Clause
// What is asked for: routes, neighbors, explain.
import {byId, duration, exact, fill, make, say} from "./format.js";

const PAGE = 100;

// Returns the answer of the API, or throws an Error with what the router says.
export async function ask(path, options = {}) {
  const query = new URLSearchParams(Object.entries(options).filter(([, value]) => value !== "" && value !== null));
  const response = await fetch(`api/v1/${path}${query.size ? `?${query}` : ""}`,
                               {cache: "no-store", signal: AbortSignal.timeout(8000)});
  const answer = await response.json();
  if (!response.ok) {
    const error = new Error(answer.error ?? response.statusText);
    error.status = response.status;
    throw error;
  }
  return answer;
}

// A value that looks like JSON is sent as a string of JSON: a port may be called 7.
const quoted = (text) => (text === "" ? "" : JSON.stringify(text));

function complain(note, error) {
  note.classList.toggle("bad", error !== null);
  say(note, error === null ? "" : error.status ? error.message : "The router does not answer.");
}

export class Routes {
  #last = null;
  #rows = [];

  constructor() {
    this.form = byId("route-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    byId("route-more").addEventListener("click", () => this.#load(this.#last));
  }

  search() {
    this.#rows = [];
    this.#last = null;
    return this.#load(null);
  }

  async #load(after) {
    const {prefix, table} = Object.fromEntries(new FormData(this.form));
    const single = prefix.trim() !== "";
    const options = {prefix: quoted(prefix.trim()), table: quoted(table.trim())};
    if (!single) options.limit = PAGE;
    if (after) {
      const {family, prefix: from, metric, table: of, rank} = after;
      options.after = JSON.stringify({family, prefix: from, metric, table: of, ...(rank === undefined ? {} : {rank})});
    }
    try {
      const routes = await ask("show/routes", options);
      this.#rows.push(...routes);
      this.#last = routes.at(-1) ?? null;
      complain(byId("route-note"), null);
      if (this.#rows.length === 0) say(byId("route-note"), "No route is there for that.");
      byId("route-more").hidden = single || routes.length < PAGE;
      fill(byId("route-rows"), this.#rows.flatMap(rowsOf));
    } catch (error) {
      complain(byId("route-note"), error);
    }
  }
}

// A line for each next hop; the prefix stands at the first.
function rowsOf(route) {
  const hops = route.nexthops?.length ? route.nexthops : [null];
  return hops.map((hop, i) => {
    const first = i === 0;
    const by = hop === null ? route.type : hop.via ?? "directly";
    return [[first ? route.prefix : "", "mono"], [by, "mono"], [hop?.port ?? ""],
            [hop?.state ?? "", stateClass(hop?.state)], [first ? route.protocol : ""],
            [first ? String(route.metric) : "", "n"], [first ? String(route.table) : ""]];
  });
}

function stateClass(state) {
  return state === "FAILED" || state === "dead" || state === "down" ? "bad" : "";
}

export class Neighbors {
  static MOST = 500;
  #all = [];

  constructor() {
    this.form = byId("neighbor-form");
    this.form.addEventListener("input", () => this.show());
    this.form.addEventListener("submit", (event) => event.preventDefault());
  }

  async load() {
    try {
      this.#all = await ask("show/neighbors", {limit: Neighbors.MOST});
      complain(byId("neighbor-note"), null);
      this.show();
    } catch (error) {
      complain(byId("neighbor-note"), error);
    }
  }

  show() {
    const {text, state} = Object.fromEntries(new FormData(this.form));
    const wanted = text.trim().toLowerCase();
    const found = this.#all.filter((one) => (state === "" || one.state === state) &&
      [one.address, one.port, one.mac ?? ""].some((field) => field.toLowerCase().includes(wanted)));
    const failed = this.#all.filter((one) => one.state === "FAILED").length;
    const more = this.#all.length === Neighbors.MOST;
    say(byId("neighbor-count"), `${more ? "the first " : ""}${exact(this.#all.length)} neighbor${this.#all.length === 1 ? "" : "s"}` +
      (failed ? `, ${exact(failed)} failed` : ""));
    if (found.length === 0) say(byId("neighbor-note"), this.#all.length ? "No neighbor is like that." : "There are no neighbors.");
    else complain(byId("neighbor-note"), null);
    fill(byId("neighbor-rows"), found.map((one) => [
      [one.address, "mono"], [one.port], [one.mac ?? "–", "mono"],
      [one.state, one.state === "FAILED" ? "bad" : ""], [duration(one.age_seconds), "n"],
      [one.queued ? exact(one.queued) : "", "n"]]));
  }
}

export class Explain {
  constructor() {
    this.form = byId("explain-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#explain();
    });
  }

  ports(names) {
    const select = byId("explain-from");
    if ([...select.options].map((option) => option.value).join() === names.join()) return;
    const chosen = select.value;
    select.replaceChildren(...names.map((name) => make("option", {}, name)));
    if (names.includes(chosen)) select.value = chosen;
  }

  async #explain() {
    const fields = Object.fromEntries([...new FormData(this.form)].map(([key, value]) => [key, value.trim()]));
    const options = {...fields, from: quoted(fields.from)};
    const answer = byId("explain-answer");
    try {
      answer.replaceChildren(...this.#result(await ask("explain", options)));
    } catch (error) {
      const text = error.status === 404 ? "This router has no explain."
        : error.status ? error.message : "The router does not answer.";
      answer.replaceChildren(make("p", {class: "note bad"}, text));
    }
  }

  #result({verdict, reason, steps, egress, icmp}) {
    const said = {forward: "Forwarded", deliver: "Delivered to the router", drop: "Dropped"}[verdict] ?? verdict;
    const where = verdict === "forward" && egress
      ? ` by ${egress.port}${egress.via ? ` via ${egress.via}` : ""}` : "";
    const parts = [make("p", {class: "verdict", "data-verdict": verdict}, make("strong", {}, said + where),
                        reason ? `: ${reason}` : "")];
    const list = make("ol", {class: "steps"});
    for (const step of steps ?? []) {
      list.append(make("li", {}, make("span", {class: "stage"}, step.stage), make("span", {}, step.says)));
    }
    parts.push(list);
    for (const [name, value] of [["Leaves as", egress], ["ICMP error", icmp]]) {
      if (value) parts.push(make("p", {class: "quiet"}, `${name}: ${wordsOf(value)}`));
    }
    return parts;
  }
}

function wordsOf(value) {
  if (typeof value !== "object") return String(value);
  return Object.entries(value).filter(([, one]) => one !== null && one !== "")
    .map(([key, one]) => `${key.replaceAll("_", " ")} ${typeof one === "object" ? wordsOf(one) : one}`).join(", ");
}
