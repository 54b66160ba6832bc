// SPDX-License-Identifier: BSD-3-Clause
// What changes by itself: ports, workers, bands, drops.
import {Bar, Mirror, Series, Spark} from "./charts.js";
import {bits, byId, exact, fill, human, make, nanoseconds, packets, percent, say, speed} from "./format.js";

// What a port's device lost, by the keys of `show ports`.
const LOSSES = {
  rx_missed: "lost by the device: its queue was full, the worker did not keep up",
  rx_no_buffer: "lost by the device: no packet buffer was free",
  rx_errors: "lost by the device: damaged, too long, or dropped by the kernel before the port",
  tx_errors: "refused by the device or the kernel under it when they were sent",
};

// Remembers counters, and says by how much a second they grew since the last time.
class Rates {
  #last = new Map();
  #time = 0;
  #passed = 0;

  begin(now) {
    this.#passed = this.#time === 0 ? 0 : (now - this.#time) / 1000;
    this.#time = now;
  }

  // null at the first time, and after the counter began anew.
  of(name, value) {
    const before = this.#last.get(name);
    this.#last.set(name, value);
    return before === undefined || this.#passed <= 0 || value < before
      ? null : (value - before) / this.#passed;
  }

  // A reason that appears had no drops before.
  rise(name, value) {
    if (!this.#last.has(name) && this.#passed > 0) this.#last.set(name, 0);
    return this.of(name, value) ?? 0;
  }

  clear() {
    this.#last.clear();
    this.#time = 0;
  }
}

class PortCard {
  rx = new Series();
  tx = new Series();
  chart = new Mirror();

  constructor(name) {
    this.scale = make("span", {class: "scale quiet", "aria-hidden": "true"});
    this.state = make("span", {class: "link"});
    this.about = make("p", {class: "about quiet"});
    this.values = Object.fromEntries(["rx", "rxPackets", "tx", "txPackets"].map(
      (key) => [key, make("td", {class: key.endsWith("Packets") ? "n quiet" : "n"})]));
    const row = (way, text, rate, count) => make("tr", {}, make("th", {scope: "row"},
      make("span", {class: `swatch ${way}`, "aria-hidden": "true"}), text), rate, count);
    this.lost = make("p", {class: "lost"});
    this.root = make("article", {class: "card", "aria-label": `Port ${name}`},
      make("div", {class: "card-head"}, make("h3", {}, name), this.state),
      this.about,
      make("div", {class: "plot"}, this.chart.root, this.scale),
      make("table", {class: "pair"}, make("tbody", {},
        row("rx", "received", this.values.rx, this.values.rxPackets),
        row("tx", "sent", this.values.tx, this.values.txPackets))),
      this.lost);
  }

  update(port, rates) {
    const of = (key) => rates.of(`${port.name} ${key}`, port[key]);
    const [rx, tx] = [of("rx_bytes"), of("tx_bytes")].map((rate) => (rate === null ? null : 8 * rate));
    const [rxPackets, txPackets] = [of("rx_packets"), of("tx_packets")];
    if (rx !== null) this.rx.push(rx);
    if (tx !== null) this.tx.push(tx);
    const most = this.chart.draw(this.rx, this.tx);
    say(this.scale, `± ${bits(most)}`);
    say(this.state, port.link);
    this.state.dataset.state = port.link;
    const vlan = port.vlan ? `VLAN ${port.vlan.tags.map((tag) => tag.id).join(".")} of ${port.vlan.link}` : "";
    say(this.about, [vlan || speed(port.speed_mbps), port.driver, ...port.addresses].filter(Boolean).join(" · "));
    say(this.values.rx, bits(rx));
    say(this.values.tx, bits(tx));
    say(this.values.rxPackets, packets(rxPackets));
    say(this.values.txPackets, packets(txPackets));
    this.chart.root.setAttribute("aria-label", `Receives ${bits(rx)}, sends ${bits(tx)}`);
    const lost = Object.keys(LOSSES).filter((key) => port[key] > 0);
    say(this.lost, lost.map((key) => `${key.replaceAll("_", " ")} ${human(port[key])}`).join(" · "));
    return {rx: rx ?? 0, tx: tx ?? 0, rxPackets: rxPackets ?? 0, txPackets: txPackets ?? 0};
  }

  gap() {
    this.rx.push(null);
    this.tx.push(null);
    this.chart.draw(this.rx, this.tx);
  }
}

class WorkerRow {
  busy = new Series();
  spark = new Spark();
  bar = new Bar();
  text = make("span", {class: "n"});
  cell = make("span", {class: "busy"}, this.text, this.bar.root);
}

export class Live {
  #rates = {ports: new Rates(), workers: new Rates(), bands: new Rates(), drops: new Rates()};
  #cards = new Map();
  #workers = new Map();

  // Makes everything new: other ports, or a router that started again.
  clear() {
    Object.values(this.#rates).forEach((rates) => rates.clear());
  }

  gap() {
    this.#cards.forEach((card) => card.gap());
    this.#workers.forEach((row) => {
      row.busy.push(null);
      row.spark.draw(row.busy);
    });
    this.clear();
  }

  update({ports, workers, bands, drops}, now) {
    Object.values(this.#rates).forEach((rates) => rates.begin(now));
    this.#ports(ports);
    this.#workerRows(workers);
    this.#bands(bands);
    this.#drops(drops, ports);
  }

  #ports(ports) {
    const sum = {rx: 0, tx: 0, rxPackets: 0, txPackets: 0};
    const names = new Set(ports.map((port) => port.name));
    for (const [name, card] of this.#cards) {
      if (!names.has(name)) {
        card.root.remove();
        this.#cards.delete(name);
      }
    }
    for (const port of ports) {
      if (!this.#cards.has(port.name)) {
        const card = new PortCard(port.name);
        this.#cards.set(port.name, card);
        byId("port-cards").append(card.root);
      }
      const rates = this.#cards.get(port.name).update(port, this.#rates.ports);
      // A sub-interface's packets are its port's too.
      if (!port.vlan) Object.keys(sum).forEach((key) => { sum[key] += rates[key]; });
    }
    say(byId("sum-rx"), bits(sum.rx));
    say(byId("sum-rx-packets"), packets(sum.rxPackets));
    say(byId("sum-tx"), bits(sum.tx));
    say(byId("sum-tx-packets"), packets(sum.txPackets));
  }

  #workerRows(workers) {
    let busiest = null;
    const rows = workers.map((worker) => {
      if (!this.#workers.has(worker.core)) this.#workers.set(worker.core, new WorkerRow());
      const row = this.#workers.get(worker.core);
      const rate = (key) => this.#rates.workers.of(`${worker.core} ${key}`, worker[key]);
      const busy = worker.busy_percent + worker.control_percent;
      if (busiest === null || busy > busiest.busy) busiest = {busy, core: worker.core};
      row.busy.push(busy);
      row.spark.draw(row.busy);
      row.spark.root.setAttribute("aria-label", `Busy ${percent(busy)}`);
      row.bar.set(busy);
      row.bar.root.dataset.level = busy >= 90 ? "high" : busy >= 70 ? "raised" : "";
      say(row.text, percent(busy));
      return [[String(worker.core)], [row.cell], [row.spark.root, "wide"], [human(rate("packets")), "n"],
              [worker.cycles_per_packet === null ? "–" : exact(Math.round(worker.cycles_per_packet)), "n"],
              [human(rate("sleeps")), "n"], [worker.idle]];
    });
    fill(byId("worker-rows"), rows);
    say(byId("sum-busy"), busiest ? percent(busiest.busy) : "–");
    say(byId("sum-busy-core"), busiest ? `core ${busiest.core}` : "");
  }

  // The queues of a port, one of each worker, are one row a band.
  #bands(queues) {
    const bands = new Map();
    for (const queue of queues) {
      for (const band of queue.bands) {
        const key = `${queue.port} ${band.band}`;
        const sum = bands.get(key) ?? {port: queue.port, band: band.band, kind: band.kind, queued: 0,
                                       sent_bytes: 0, sent_packets: 0, dropped: 0, delay: null};
        for (const name of ["queued", "sent_bytes", "sent_packets", "dropped"]) sum[name] += band[name];
        const delay = band.recent_delay_ns ?? band.delay_ns;
        if (delay && delay.samples > 0) sum.delay = Math.max(sum.delay ?? 0, delay.p99);
        bands.set(key, sum);
      }
    }
    const rows = [...bands].map(([key, band]) => {
      const rate = (name) => this.#rates.bands.of(`${key} ${name}`, band[name]);
      const [sent, dropped] = [rate("sent_bytes"), rate("dropped")];
      const cells = [[band.port], [String(band.band)], [band.kind], [human(band.queued), "n"],
                     [bits(sent === null ? null : 8 * sent), "n"], [human(rate("sent_packets")), "n"],
                     [human(dropped), dropped > 0 ? "n bad" : "n"], [exact(band.dropped), "n"],
                     [nanoseconds(band.delay), "n"]];
      return cells;
    });
    fill(byId("band-rows"), rows);
  }

  #drops(drops, ports) {
    const all = drops.map((drop) => ({reason: drop.reason, meaning: drop.meaning, packets: drop.packets,
                                      where: Object.keys(drop.ports)}));
    for (const [key, meaning] of Object.entries(LOSSES)) {
      const lossy = ports.filter((port) => port[key] > 0);
      if (lossy.length > 0) {
        all.push({reason: key, meaning, where: lossy.map((port) => port.name),
                  packets: lossy.reduce((sum, port) => sum + port[key], 0)});
      }
    }
    for (const one of all) one.rate = this.#rates.drops.rise(one.reason, one.packets);
    all.sort((a, b) => b.rate - a.rate || b.packets - a.packets);
    byId("no-drops").hidden = all.length > 0;
    byId("drop-table").hidden = all.length === 0;
    const rows = all.map((one) => {
      const cells = [[one.reason, "reason"], [one.meaning, "meaning"], [places(one.where), "where"],
                     [one.rate > 0 ? `${human(one.rate)}/s` : "", one.rate > 0 ? "n bad" : "n"],
                     [exact(one.packets), "n"]];
      cells.rowClass = one.rate > 0 ? "rises" : "";
      return cells;
    });
    fill(byId("drop-rows"), rows);
    const sum = (key) => all.reduce((total, one) => total + one[key], 0);
    say(byId("sum-drops"), packets(sum("rate")));
    byId("sum-drops").className = sum("rate") > 0 ? "bad" : "";
    say(byId("sum-drops-total"), `${exact(sum("packets"))} since the start`);
  }
}

function places(names) {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}
