// SPDX-License-Identifier: BSD-3-Clause
// Asks the router once a second, and says so when it is gone and when it is back.
import {byId, duration, exact, say} from "./format.js";
import {Live} from "./live.js";
import {Explain, Neighbors, Routes, ask} from "./search.js";

const live = new Live();
const routes = new Routes();
const neighbors = new Neighbors();
const explain = new Explain();

const INTERVAL = 1000;
let started = null;
let lastAnswer = null;
let turn = 0;

function status(state, text) {
  byId("status").dataset.state = state;
  document.body.dataset.state = state;
  say(byId("status-text"), text);
}

function identify(about) {
  // A version without a commit, as of a package, has none to show.
  say(byId("version"), about.version + (about.commit && about.commit !== "no checkout" ? ` · ${about.commit}` : ""));
  byId("version").title = about.dpdk;
  const changed = started !== null && started !== about.started;
  if (changed) live.clear();
  const first = started === null || changed;
  started = about.started;
  say(byId("uptime"), duration(Date.now() / 1000 - about.started));
  say(byId("started"), `since ${new Date(1000 * about.started).toLocaleString([], {dateStyle: "medium", timeStyle: "short"})}`);
  return first;
}

async function update() {
  const [about, ports, workers, bands, drops] = await Promise.all(
    ["", "show/ports", "show/workers", "show/bands", "show/drops"].map((path) => ask(path)));
  const first = identify(about);
  live.update({ports, workers, bands, drops}, performance.now());
  explain.ports(ports.map((port) => port.name));
  if (first) routes.search();
  if (first || turn % 5 === 0) {
    neighbors.load();
    const memory = await ask("show/memory");
    say(byId("route-count"), `${exact(memory.fib_prefixes)} IPv4 and ${exact(memory.fib6_prefixes)} IPv6 prefixes forward packets`);
  }
  ++turn;
}

async function tick() {
  const begin = performance.now();
  try {
    if (!document.hidden) {
      await update();
      lastAnswer = new Date();
      status("live", "Live");
    }
  } catch (error) {
    if (error.status === 503) {
      status("busy", "The router is too busy to answer");
    } else {
      status("gone", lastAnswer ? `No answer since ${lastAnswer.toLocaleTimeString()}` : "No answer");
    }
    live.gap();
  }
  setTimeout(tick, Math.max(200, INTERVAL - (performance.now() - begin)));
}

document.addEventListener("visibilitychange", () => {
  // The time while nobody looked is no rate.
  if (document.hidden) live.gap();
});
tick();
