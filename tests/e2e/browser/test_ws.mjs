// The npm package ws, which many servers and clients use, against sluiced and sluice-talk: whole
// messages, fragments, and permessage-deflate with each of its parameters.
// Usage: test_ws.mjs SLUICED SLUICE_TALK FOLDER, where FOLDER has node_modules.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import crypto from "node:crypto";
import {once} from "node:events";
import {createRequire} from "node:module";
import path from "node:path";
import readline from "node:readline";

const [sluiced, talk, folder] = process.argv.slice(2);
const {WebSocket, WebSocketServer} = createRequire(path.join(folder, "package.json"))("ws");
const kPatience = 30000; // milliseconds for everything

async function serve() {
  const user = process.getuid() === 0 ? ["--user", "root"] : [];
  const daemon = spawn(sluiced, [...user, "-l", "echo=ws://127.0.0.1:0,deflate=on", "-l",
                                 "relay=ws://127.0.0.1:0,deflate=on"],
                       {stdio: ["ignore", "pipe", "inherit"]});
  const places = {};
  for await (const line of readline.createInterface({input: daemon.stdout})) {
    const [word, name, endpoint] = line.split(" ");
    if (word === "listening") places[name] = endpoint;
    if (word === "ready") break;
  }
  return {daemon, ...places};
}

async function open(place, options) {
  const socket = new WebSocket(place, options);
  await once(socket, "open");
  return socket;
}

// What comes back, as it came: a string, or bytes.
async function ask(socket, send) {
  const answer = once(socket, "message");
  send(socket);
  const [bytes, isBinary] = await answer;
  return isBinary ? bytes : bytes.toString();
}

const kMessages = ["", "short", "x".repeat(70_000), "line ".repeat(1000),
                   crypto.randomBytes(5000), Buffer.alloc(1_000_000)];

async function echo(place) {
  for (const perMessageDeflate of [false, true, {threshold: 0}, {serverMaxWindowBits: 9},
                                   {clientMaxWindowBits: 10}, {serverNoContextTakeover: true},
                                   {clientNoContextTakeover: true, threshold: 0}]) {
    const socket = await open(place, {perMessageDeflate});
    assert.equal(socket.extensions.startsWith("permessage-deflate") || socket.extensions === "",
                 true);
    assert.equal(socket.extensions !== "", perMessageDeflate !== false);
    for (const message of kMessages) {
      assert.deepEqual(await ask(socket, (to) => to.send(message)), message);
    }
    assert.equal(await ask(socket, (to) => {
      to.send("in ", {fin: false, compress: true});
      to.send("three ".repeat(500), {fin: false, compress: true});
      to.ping("between");
      to.send("parts", {fin: true, compress: true});
    }), `in ${"three ".repeat(500)}parts`);
    socket.close(1000);
    assert.equal((await once(socket, "close"))[0], 1000);
  }
}

async function relay(place) {
  const peers = [];
  for (const perMessageDeflate of [true, false, true]) {
    peers.push(await open(place, {perMessageDeflate}));
  }
  for (const message of ["again ".repeat(1000), "short", "last"]) {
    const got = peers.slice(1).map((peer) => once(peer, "message"));
    peers[0].send(message);
    for (const [bytes] of await Promise.all(got)) assert.equal(bytes.toString(), message);
  }
  for (const peer of peers) peer.close();
}

// sluice-talk with a server of the package.
async function talks() {
  const server = new WebSocketServer({port: 0, host: "127.0.0.1",
                                      perMessageDeflate: {threshold: 0}});
  await once(server, "listening");
  server.on("connection", (socket) => socket.on("message", (bytes) => {
    socket.send(`${socket.extensions !== ""} ${bytes}`);
  }));
  const words = "again and again ".repeat(100);
  for (const options of [[], ["--deflate"]]) {
    const client = spawn(talk, ["--send", words, "--expect", "1", ...options,
                                `ws://127.0.0.1:${server.address().port}`],
                         {stdio: ["ignore", "pipe", "inherit"]});
    let shown = "";
    client.stdout.on("data", (bytes) => { shown += bytes; });
    assert.equal((await once(client, "close"))[0], 0);
    assert.equal(shown, `${options.length > 0} ${words}\n`);
  }
  server.close();
}

setTimeout(() => {
  console.error(`not done within ${kPatience} ms`);
  process.exit(1);
}, kPatience).unref();
const {daemon, ...places} = await serve();
try {
  await echo(places.echo);
  await relay(places.relay);
  await talks();
} finally {
  daemon.kill();
}
console.log("ok: ws");
process.exit(0);
