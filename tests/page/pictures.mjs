// Takes the pictures of docs/status-page.md from a real storm: EBBGATE_BINARY=… node pictures.mjs
// Takes about two minutes, so that levels have climbed and timelines have something to show.
import {createServer} from "node:net";
import path from "node:path";
import {Ebbgate, pause, theBrowser} from "./harness.mjs";

const pictures = new URL("../../docs/pictures/", import.meta.url).pathname;
const seconds = 100;

// A peer that takes every message.
function peer(socket) {
  const server = createServer((connection) => {
    connection.on("data", (line) => connection.write(
        JSON.stringify({ok: true, job_id: JSON.parse(line).job_id}) + "\n"));
    connection.on("error", () => {});
  });
  server.listen(socket);
  return server;
}

const made = new Ebbgate();
const workload = (namespace, name, more = {}) => made.workload(name, {namespace, ...more});
const exec = (...argv) => ({update: {exec: argv}});
const listener = peer(path.join(made.folder, "trainer.sock"));
const services = Array.from({length: 24}, (_, n) => workload(["shop", "search", "platform"][n % 3], "service-" + n));
made.configure([
  workload("shop", "web"), workload("shop", "checkout", {hold: true}),
  workload("shop", "prices", exec("false")), workload("platform", "api", exec("sleep", "1")),
  workload("platform", "ingress", {ready: {exec: ["false"], interval: "1s", timeout: "5m"}}),
  workload("platform", "mail", exec("/opt/mail/reload")), workload("observability", "metrics"), ...services,
], {
  settle: {quiet: "50ms"}, budget: {rate: 1, burst: 20},
  feedback: [{name: "trainer", socket: path.join(made.folder, "trainer.sock"), outcomes: true},
    {name: "audit", socket: path.join(made.folder, "audit.sock"), outcomes: true}],
});
await made.start();

async function page(options, hash = "") {
  const context = await (await theBrowser()).newContext({locale: "en-GB", timezoneId: "UTC", ...options});
  const opened = await context.newPage();
  await opened.goto(made.url + hash);
  return opened;
}

const desk = {viewport: {width: 1280, height: 720}};
const taken = [
  ["status-page.png", await page(desk)],
  ["status-page-dark.png", await page({...desk, colorScheme: "dark"})],
  ["status-page-explain.png", await page(desk, "#/workload/shop/Local/web")],
  ["status-page-phone.png", await page({viewport: {width: 390, height: 844}}, "#/?state=waiting")],
];

for (let n = 0; n < seconds * 5; ++n) {
  made.change("web", n);
  if (n % 9 === 0) made.change("prices", n);
  if (n % 15 === 0) made.change("ingress", n);
  if (n % 25 === 0) made.change("api", n);
  if (n % 40 === 0) made.change("metrics", n);
  if (n === 30) made.change("checkout", n);
  if (n === 200) made.change("mail", n);
  if (n % 20 === 0) made.change("service-" + (n / 20) % 9, n);
  await pause(200);
}
for (const [name, opened] of taken) {
  if (name.includes("phone")) await opened.locator("#list").evaluate((list) => list.scrollIntoView());
  await pause(1200);
  await opened.screenshot({path: path.join(pictures, name)});
}
listener.close();
await (await theBrowser()).close();
await made.remove();
process.exit(0);
