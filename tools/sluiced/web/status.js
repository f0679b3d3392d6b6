// Asks for status.json each second, and shows the numbers and how they change.
"use strict";

const kInterval = 1000; // milliseconds
const kPoints = 120;
const kSvg = "http://www.w3.org/2000/svg";

const element = id => document.getElementById(id);
const charts = new Map();
let before = null;

const whole = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const fraction = new Intl.NumberFormat("en", {maximumFractionDigits: 2});

function chart(title) {
  if (charts.has(title)) return charts.get(title);
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const svg = document.createElementNS(kSvg, "svg");
  svg.setAttribute("viewBox", "0 0 " + kPoints + " 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(kSvg, "polyline");
  svg.append(line);
  figure.append(caption, svg);
  element("charts").append(figure);
  const made = {caption, line, values: []};
  charts.set(title, made);
  return made;
}

function draw(title, value, format) {
  const {caption, line, values} = chart(title);
  values.push(value);
  if (values.length > kPoints) values.shift();
  const most = Math.max(...values, 1e-9);
  line.setAttribute("points", values.map((each, i) => (kPoints - values.length + i) + "," +
                                                      (38 - 36 * each / most)).join(" "));
  caption.textContent = title + ": " + format.format(value) + ", at most " + format.format(most);
}

function cell(row, text, isNumber) {
  const made = row.insertCell();
  made.textContent = text;
  if (isNumber) made.className = "number";
}

function show(now) {
  const seconds = before === null ? 0 : (now.time - before.time) / 1000;
  const rate = (value, old) => seconds > 0 ? Math.max(0, value - old) / seconds : 0;
  const loop = now.loop;
  const then = before === null ? loop : before.loop;
  draw("open connections", loop.connections_open, whole);
  draw("new connections per second", rate(loop.accepted, then.accepted), fraction);
  draw("bytes in per second", rate(loop.bytes_in, then.bytes_in), whole);
  draw("bytes out per second", rate(loop.bytes_out, then.bytes_out), whole);
  const turns = loop.timers - then.timers;
  const lag = turns > 0 ? (loop.timer_lag_us - then.timer_lag_us) / turns / 1000 : 0;
  draw("lag of timers, ms", lag, fraction);
  const rows = now.services.map(service => {
    const old = before === null ? undefined : before.services.find(
        each => each.name === service.name && each.endpoint === service.endpoint);
    const row = document.createElement("tr");
    cell(row, service.name);
    cell(row, service.endpoint);
    cell(row, service.state);
    for (const key of ["open", "accepted", "refused"]) cell(row, whole.format(service[key]), true);
    for (const key of ["bytes_in", "bytes_out"]) {
      cell(row, whole.format(rate(service[key], old ? old[key] : service[key])), true);
    }
    return row;
  });
  element("services").replaceChildren(...rows);
  element("state").textContent = "version " + now.version + ", " + now.backend;
  before = now;
}

async function ask() {
  try {
    const answer = await fetch("status.json", {cache: "no-store"});
    if (!answer.ok) throw new Error(answer.status + " " + answer.statusText);
    show(await answer.json());
  } catch (error) {
    element("state").textContent = "no numbers: " + error.message;
  }
  setTimeout(ask, kInterval);
}

ask();
