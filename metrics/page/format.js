// Times and numbers for people.

const units = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

// Two units at most: "1 h 5 m".
export function span(milliseconds) {
  let seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts = [];
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 || (unit === "s" && parts.length === 0)) parts.push(count + " " + unit);
  }
  return parts.slice(0, 2).join(" ");
}

// A wait is never told shorter than it is.
export function fromNow(time, at) {
  const left = Date.parse(time) - at;
  return left > 0 ? "in " + span(Math.ceil(left / 1000) * 1000) : span(-left) + " ago";
}

export function until(time, at) {
  return Date.parse(time) > at ? fromNow(time, at) : "now";
}

const clockFormat = new Intl.DateTimeFormat(undefined, {timeStyle: "medium"});
const fullFormat = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "long"});

export const fullTime = (time) => fullFormat.format(new Date(time));

// The date too, unless it is about now.
export function clock(time, at) {
  const date = new Date(time);
  return Math.abs(date - at) < 43200000 ? clockFormat.format(date) : fullFormat.format(date);
}

const dayFormat = new Intl.DateTimeFormat(undefined, {dateStyle: "medium"});

// Where there is little room: the time of day, or the date alone where it is not about now.
export function shortTime(time, at) {
  const date = new Date(time);
  return Math.abs(date - at) < 43200000 ? clockFormat.format(date) : dayFormat.format(date);
}

// Moments that a text has in UTC, by the reader's clock.
export const localTimes = (text, at) =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) =>
    Number.isNaN(Date.parse(time)) ? time : clock(time, at));

const countFormat = new Intl.NumberFormat("en-GB", {maximumFractionDigits: 1});

export const count = (number) => countFormat.format(number);

export const counted = (number, noun, nouns = noun + "s") => count(number) + " " + (number === 1 ? noun : nouns);

export const sum = (counts) => Object.values(counts).reduce((total, each) => total + each, 0);
