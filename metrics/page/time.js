// The server's clock. That of the browser may be wrong, or be set while the page is open.

let ahead = Date.now() - performance.now();
let trust = 0;

export const ticks = () => performance.now();

export const now = () => performance.now() + ahead;

// What the server's clock said between two of our ticks: the closer they are, the better. What was
// heard before is trusted less and less, as clocks drift and machines sleep.
export function heard(time, sent, received) {
  const said = Date.parse(time);
  const doubt = (received - sent) / 2;
  const heardAhead = said - (sent + received) / 2;
  trust += 5;
  if (doubt > trust && Math.abs(heardAhead - ahead) <= doubt + trust) return;
  ahead = heardAhead;
  trust = doubt;
}
