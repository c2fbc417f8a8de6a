// Loaded before the program that a launcher starts. A signal to the whole group reaches the program twice, once
// directly and once passed on by its launcher (npm does the same), while the program takes a second one as an
// order to stop at once. So the same signal within a second counts as one.
const WINDOW = 1_000;
const SIGNALS = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);
const last = new Map();
const emit = process.emit;

process.emit = function emitOnce(name, ...rest) {
  if (SIGNALS.has(name)) {
    const before = last.get(name) ?? -WINDOW;
    const now = performance.now();
    if (now - before < WINDOW) return true;
    last.set(name, now);
  }
  return emit.call(this, name, ...rest);
};
