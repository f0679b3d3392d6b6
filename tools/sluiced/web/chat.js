// The chat of a browser: sluice-protocols(7), CHAT, describes the events that arrive here.
"use strict";

const kMaxShown = 500; // lines on the page
const kFirstWait = 500; // milliseconds before the first attempt to connect again
const kMaxWait = 30000;

const element = id => document.getElementById(id);
const log = element("log");
const input = element("line");
const storage = window.sessionStorage;

const members = new Set();
const rooms = new Set();
const typed = []; // for the arrow keys
let place = 0;
let socket = null;
let wait = kFirstWait;
let nick = storage.getItem("nick") || "";
let room = storage.getItem("room") || "";
let last = ""; // the number of the last event
let left = false; // by /quit
let retry = 0; // the timer of the next attempt

function show(event, text, kind, who) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const item = document.createElement("li");
  const time = document.createElement("time");
  const at = new Date(event.time || Date.now());
  time.dateTime = at.toISOString();
  time.textContent = at.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  item.append(time);
  item.className = kind;
  if (who) {
    const name = document.createElement("span");
    name.className = "who";
    name.textContent = who;
    item.append(name);
  }
  item.append(text);
  log.append(item);
  while (log.childElementCount > kMaxShown) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

const notice = (event, text) => show(event, text, "notice");

function fill(list, names, title, act) {
  list.replaceChildren(...[...names].sort((a, b) => a.localeCompare(b)).map(name => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = name;
    button.setAttribute("aria-label", title + " " + name);
    button.addEventListener("click", () => act(name));
    item.append(button);
    return item;
  }));
}

function showMembers() {
  fill(element("members"), members, "write to", name => {
    input.value = "/msg " + name + " ";
    input.focus();
  });
}

function showRooms() {
  fill(element("rooms"), rooms, "go to", name => send("/join " + name));
}

function setTopic(text) { element("topic").textContent = text || ""; }

function reason(event) { return event.text ? " (" + event.text + ")" : ""; }

function remove(name) {
  members.delete(name);
  showMembers();
}

const handlers = {
  welcome(event) {
    const isSame = event.room === room && log.childElementCount > 0;
    if (!isSame) log.replaceChildren();
    nick = event.nick;
    room = event.room;
    storage.setItem("nick", nick);
    storage.setItem("room", room);
    rooms.add(room);
    members.clear();
    for (const name of event.members) members.add(name);
    element("room").textContent = room;
    document.title = room;
    setTopic(event.topic);
    showMembers();
    showRooms();
    if (!isSame && event.greeting) notice(event, event.greeting);
    if (isSame && !event.resumed) notice(event, "connected again; some lines may be missing");
  },
  said(event) {
    if (event.room) return show(event, event.text, "said", event.author);
    const mine = event.author === nick;
    show(event, event.text, "private", mine ? "to " + event.target : event.author + " to you");
  },
  acted(event) { show(event, event.author + " " + event.text, "acted"); },
  noticed(event) { handlers.said(event); },
  joined(event) {
    if (event.author === nick) return;
    members.add(event.author);
    showMembers();
    notice(event, event.author + " joined");
  },
  left(event) {
    if (event.author === nick) return;
    remove(event.author);
    notice(event, event.author + " left" +
           (event.target ? ", went to " + event.target : reason(event)));
  },
  quit(event) {
    remove(event.author);
    notice(event, event.author + " left" + reason(event));
  },
  renamed(event) {
    members.delete(event.author);
    members.add(event.target);
    showMembers();
    if (event.author === nick) storage.setItem("nick", nick = event.target);
    notice(event, event.author + " is now " + event.target);
  },
  topic(event) {
    setTopic(event.text);
    notice(event, event.author + (event.text ? " set the topic: " + event.text
                                             : " removed the topic"));
  },
  kicked(event) {
    remove(event.target);
    notice(event, event.author + " removed " + event.target + reason(event));
  },
  invited(event) {
    rooms.add(event.room);
    showRooms();
    notice(event, event.author + " invites you to the room " + event.room);
  },
  mode(event) { notice(event, event.author + " set the mode " + event.text); },
  house(event) { notice(event, event.text); },
};

function receive(message) {
  const event = JSON.parse(message.data);
  if (event.id) last = event.id;
  const handler = handlers[event.type];
  if (handler) handler(event); // a type of a later version is none of ours
}

function setState(text) { element("state").textContent = text; }

function connect() {
  const query = new URLSearchParams();
  if (nick && !/^guest\d+$/.test(nick)) query.set("nick", nick);
  if (room) query.set("room", room);
  if (last) query.set("after", last);
  const url = new URL("chat", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = query;
  socket = new WebSocket(url);
  socket.addEventListener("message", receive);
  socket.addEventListener("open", () => {
    wait = kFirstWait;
    setState("connected");
  });
  socket.addEventListener("close", () => {
    socket = null;
    if (left) return setState("you have left; reload the page to come back");
    // Not all at once after a restart of the server.
    const delay = wait * (0.5 + Math.random() / 2);
    wait = Math.min(wait * 2, kMaxWait);
    setState("not connected; trying again");
    retry = setTimeout(connect, delay);
  });
}

function send(line) {
  if (socket === null || socket.readyState !== WebSocket.OPEN) return false;
  if (/^\/quit\b/.test(line)) left = true;
  socket.send(line);
  return true;
}

element("form").addEventListener("submit", event => {
  event.preventDefault();
  const line = input.value;
  if (line === "" || !send(line)) return; // what is not sent stays
  typed.push(line);
  if (typed.length > 100) typed.shift();
  place = typed.length;
  input.value = "";
});

input.addEventListener("keydown", event => {
  const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
  if (step === undefined || typed.length === 0) return;
  event.preventDefault();
  place = Math.max(0, Math.min(typed.length, place + step));
  input.value = typed[place] || "";
});

window.addEventListener("online", () => {
  if (socket !== null || left) return;
  clearTimeout(retry);
  connect();
});

connect();
