// Where Chromium is: what EBBGATE_CHROMIUM names, or the first of its usual names on the PATH.
import {accessSync, constants, statSync} from "node:fs";
import path from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome"];

function runs(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

// Undefined where there is none.
export function findChromium(environment = process.env) {
  const candidates = environment.EBBGATE_CHROMIUM ? [environment.EBBGATE_CHROMIUM]
      : names.flatMap((name) => (environment.PATH || "").split(path.delimiter).filter(Boolean)
          .map((folder) => path.join(folder, name)));
  return candidates.find(runs);
}
