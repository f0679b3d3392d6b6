// test_page.mjs SLUICED SLUICECTL FOLDER: two browsers and an nc talk in one room.
//
// Runs with the packages of package.json, which stand in FOLDER/node_modules. A picture of each
// page is left in FOLDER. The browser is Debian's chromium, or what CHROMIUM names.
import assert from "node:assert/strict";
import {spawn, execFileSync} from "node:child_process";
import {once} from "node:events";
import {createRequire} from "node:module";
import path from "node:path";
import readline from "node:readline";

const [sluiced, sluicectl, folder] = process.argv.slice(2);
const {chromium} = createRequire(path.join(path.resolve(folder), "x.js"))("playwright-core");

const kPatience = 10000; // milliseconds for anything that is waited for
const control = path.join(folder, `control.${process.pid}`);
const started = [];

class Daemon {
  // Serves a page and a chat; ports of 0 are chosen by the system.
  async start(web = 0, chat = 0) {
    const user = process.getuid() === 0 ? ["--user", "root"] : [];
    this.process = spawn(sluiced, [...user, "--control", control, "-l",
                                   `web=http://127.0.0.1:${web},deflate=on`, "-l",
                                   `chat=tcp://127.0.0.1:${chat},rate=off`],
                         {stdio: ["ignore", "pipe", "inherit"]});
    started.push(this.process);
    for await (const line of readline.createInterface({input: this.process.stdout})) {
      const [word, name, endpoint] = line.split(" ");
      if (word === "listening") this[name] = Number(endpoint.match(/:(\d+)\/?$/)[1]);
      if (word === "ready") return;
    }
    throw new Error("the daemon ended before it was ready");
  }
  async stop() {
    this.process.kill("SIGTERM");
    await once(this.process, "exit");
  }
}

class Netcat {
  constructor(port) {
    this.process = spawn("nc", ["127.0.0.1", String(port)], {stdio: ["pipe", "pipe", "inherit"]});
    started.push(this.process);
    this.text = "";
    this.process.stdout.on("data", bytes => { this.text += bytes; });
  }
  say(line) { this.process.stdin.write(line + "\n"); }
  sees(text) { return until(`nc shows "${text}"`, () => this.text.includes(text)); }
  end() { this.process.kill(); }
}

async function until(what, isTrue) {
  const end = Date.now() + kPatience;
  while (!await isTrue()) {
    if (Date.now() > end) throw new Error(`it does not happen that ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

// One person in front of one page. What goes wrong in the page, and who else is asked for
// something, is collected.
class Person {
  async open(browser, url, options = {}) {
    this.problems = [];
    this.context = await browser.newContext({viewport: {width: 900, height: 600}, ...options});
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(kPatience);
    const origin = new URL(url).host;
    const check = address => {
      if (new URL(address).host !== origin) this.problems.push(`asked ${address}`);
    };
    this.page.on("request", request => check(request.url()));
    this.page.on("websocket", socket => check(socket.url()));
    this.page.on("pageerror", error => this.problems.push(String(error)));
    this.page.on("console", message => {
      // A server that is away is an error to the browser, and here a part of the test.
      const isAway = /WebSocket connection to .* failed/.test(message.text());
      if (message.type() === "error" && !isAway) this.problems.push(message.text());
    });
    await this.page.goto(url);
  }
  get input() { return this.page.getByRole("textbox", {name: "Message"}); }
  get log() { return this.page.getByRole("log", {name: "Messages"}); }
  async say(line) {
    await this.input.fill(line);
    await this.input.press("Enter");
  }
  count(text) { return this.log.getByRole("listitem").filter({hasText: text}).count(); }
  sees(text) { return until(`the page shows "${text}"`, async () => await this.count(text) > 0); }
  async seesOnce(text) {
    await this.sees(text);
    assert.equal(await this.count(text), 1, `"${text}" stands on the page more than once`);
  }
  has(member) {
    const button = this.page.getByRole("button", {name: `write to ${member}`, exact: true});
    return until(`"${member}" is among the members`, async () => await button.count() === 1);
  }
  isIn(state) {
    const status = this.page.getByRole("status");
    return until(`the page says "${state}"`, async () => (await status.textContent()) === state);
  }
}

async function threeTalk(ann, ben, cat) {
  await ann.say("/nick ann");
  await ben.say("/nick ben");
  cat.say("/nick cat");
  for (const person of [ann, ben]) for (const name of ["ann", "ben", "cat"]) await person.has(name);
  await ann.say("hello from ann");
  for (const one of [ann, ben, cat]) await one.sees("hello from ann");
  cat.say("hello from cat");
  await ben.sees("hello from cat");
  await ben.say("/me waves");
  for (const one of [ann, ben, cat]) await one.sees("ben waves");
  const texts = await ann.log.getByRole("listitem").allTextContents();
  const order = ["hello from ann", "hello from cat", "ben waves"].map(
      text => texts.findIndex(line => line.includes(text)));
  assert.deepEqual(order, [...order].sort((a, b) => a - b), "the order of the lines");
  await ben.say("/topic tea at five");
  await until("the topic stands on the other page",
              async () => (await ann.page.locator("#topic").textContent()) === "tea at five");
}

async function textIsNeverMarkup(ann, cat) {
  const line = '<img src="http://192.0.2.1/x" onerror="document.title=\'broken\'">';
  cat.say(line);
  await ann.seesOnce(line);
  assert.equal(await ann.page.locator("#log img").count(), 0);
}

async function keyboardIsEnough(ann, cat) {
  await ann.input.focus();
  await ann.page.keyboard.type("typed and sent");
  await ann.page.keyboard.press("Enter");
  await ann.sees("typed and sent");
  await ann.page.keyboard.press("ArrowUp");
  assert.equal(await ann.input.inputValue(), "typed and sent");
  await ann.input.fill("");
  await ann.page.getByRole("button", {name: "write to cat", exact: true}).focus();
  await ann.page.keyboard.press("Enter");
  assert.equal(await ann.input.inputValue(), "/msg cat ");
  await ann.page.keyboard.type("for your eyes");
  await ann.page.keyboard.press("Enter");
  await cat.sees("for your eyes");
}

// The page's connection is cut; what is said until it is back is shown once.
async function comesBackWithoutGapOrDouble(ann, cat) {
  const show = () => JSON.parse(execFileSync(
      sluicectl, ["-s", control, "--json", "show", "connections"], {encoding: "utf8"}));
  const before = await ann.log.getByRole("listitem").allTextContents();
  const ids = show().filter(row => row.service === "web").map(row => String(row.id));
  assert.ok(ids.length >= 2, "the connections of two pages");
  for (const id of ids) execFileSync(sluicectl, ["-s", control, "kick", id]);
  cat.say("said while they were away");
  await ann.isIn("connected");
  await ann.seesOnce("said while they were away");
  const after = await ann.log.getByRole("listitem").allTextContents();
  for (const line of before.filter(text => /hello from|waves|typed/.test(text))) {
    assert.equal(after.filter(text => text === line).length, 1, `"${line}" is there once`);
  }
}

async function survivesARestart(daemon, people) {
  await daemon.stop();
  for (const person of people) await person.isIn("not connected; trying again");
  await daemon.start(daemon.web, daemon.chat);
  for (const person of people) await person.isIn("connected");
  const cat = new Netcat(daemon.chat);
  cat.say("/nick cat");
  for (const person of people) await person.has("cat");
  cat.say("after the restart");
  for (const person of people) await person.seesOnce("after the restart");
  cat.end();
}

async function fitsAPhoneInTheDark(browser, url) {
  const phone = new Person();
  await phone.open(browser, url, {viewport: {width: 360, height: 640}, colorScheme: "dark"});
  await phone.isIn("connected");
  const width = await phone.page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(width <= 360, `the page is ${width} pixels wide on a screen of 360`);
  const back = await phone.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [light] = back.match(/\d+/g).map(Number);
  assert.ok(light < 64, `a dark background, not ${back}`);
  await phone.page.screenshot({path: path.join(folder, "chat-phone.png")});
  assert.deepEqual(phone.problems, []);
  await phone.context.close();
}

async function statusShowsServices(browser, url) {
  const viewer = new Person();
  await viewer.open(browser, new URL("/status", url).href);
  await viewer.page.getByRole("cell", {name: "chat", exact: true}).waitFor();
  await until("charts are drawn", async () => await viewer.page.locator("polyline").count() >= 5);
  await viewer.page.screenshot({path: path.join(folder, "status.png")});
  assert.deepEqual(viewer.problems, []);
  await viewer.context.close();
}

async function main() {
  const daemon = new Daemon();
  await daemon.start();
  const url = `http://127.0.0.1:${daemon.web}/`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: process.getuid() === 0 ? ["--no-sandbox"] : [], // chromium refuses root with one
  });
  try {
    const [ann, ben] = [new Person(), new Person()];
    await Promise.all([ann.open(browser, url), ben.open(browser, url)]);
    const cat = new Netcat(daemon.chat);
    await threeTalk(ann, ben, cat);
    await textIsNeverMarkup(ann, cat);
    await keyboardIsEnough(ann, cat);
    await comesBackWithoutGapOrDouble(ann, cat);
    await ann.page.screenshot({path: path.join(folder, "chat.png")});
    await survivesARestart(daemon, [ann, ben]);
    await fitsAPhoneInTheDark(browser, url);
    await statusShowsServices(browser, url);
    for (const person of [ann, ben]) assert.deepEqual(person.problems, []);
    cat.end();
    await daemon.stop();
  } finally {
    await browser.close();
    for (const child of started) child.kill();
  }
}

await main();
