// Runs the tests of the status page; says what to install, and is skipped (77), where they cannot
// run. With EBBGATE_REQUIRE_ALL=1 that is a failure.
import {spawnSync} from "node:child_process";
import {existsSync, readdirSync} from "node:fs";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {findChromium} from "./chromium.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
if (!process.env.EBBGATE_BINARY) {
  console.error("EBBGATE_BINARY must name the program to test, as ctest does");
  process.exit(1);
}
const missing = [];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 10)) missing.push("node 20.10 or later, for --test-concurrency");
if (!["playwright-core", "axe-core"].every((name) => existsSync(path.join(folder, "node_modules", name)))) {
  missing.push("playwright-core and axe-core: npm ci --prefix " + folder);
}
if (!findChromium()) missing.push("chromium: apt-get install chromium, or set EBBGATE_CHROMIUM");
if (missing.length > 0) {
  console.error("The status page is not tested in a browser. Missing:\n  " + missing.join("\n  "));
  process.exit(process.env.EBBGATE_REQUIRE_ALL === "1" ? 1 : 77);
}

const wanted = process.argv.slice(2);
const files = wanted.length ? wanted
    : readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).sort();
const done = spawnSync(process.execPath, ["--test", "--test-concurrency=4", ...files],
    {cwd: folder, stdio: "inherit"});
process.exit(done.status ?? 1);
