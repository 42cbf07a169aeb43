// @ts-check
// The clocks of this page. The package looks them up at each call, so the page can simulate a wall clock that is wrong,
// and a machine that was suspended: then the wall clock runs on, and the monotonic clock (`performance.now`) does not.

const trueWallMs = Date.now.bind(Date);
let aheadMs = 0;
let suspendedMs = 0;

Date.now = () => trueWallMs() + aheadMs + suspendedMs;

/** Puts the wall clock ahead of the true time; 0 corrects it. @param {number} ms */
export function setWallClockAhead(ms) {
  aheadMs = ms;
}

/** Returns how far the wall clock is ahead of the true time, in milliseconds. */
export function wallClockAheadMs() {
  return aheadMs;
}

/** Simulates a suspension of the machine. @param {number} ms */
export function suspend(ms) {
  suspendedMs += ms;
}

/** Returns the time of all simulated suspensions, in milliseconds. */
export function timeSuspendedMs() {
  return suspendedMs;
}

/** Returns the time that has passed since the page was opened, suspensions included, in milliseconds. */
export function passedMs() {
  return performance.now() + suspendedMs;
}
