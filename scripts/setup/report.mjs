import { formatDuration } from './format.mjs';

const TICK = 500;
const QUIET_INTERVAL = 10_000;
const NOTE_LENGTH = 90;

/** A failure of setup, in the four parts every error of Trainyard has. */
export class SetupError extends Error {
  constructor(code, message, { where, why, fix }) {
    super(message);
    this.code = code;
    this.where = where;
    this.why = why;
    this.fix = fix;
  }

  render() {
    const part = (name, text) => `  ${name}: ${text.split('\n').join(`\n${' '.repeat(name.length + 4)}`)}`;
    return [
      `error[${this.code}]: ${this.message}`,
      part('where', this.where),
      part('why', this.why),
      part('fix', this.fix),
    ].join('\n');
  }
}

/**
 * Progress on stderr: one live line on a terminal, otherwise a line at the start, every ten seconds and at
 * the end. Says nothing at all until something has to be obtained.
 */
export function createReporter(stream = process.stderr, env = process.env) {
  const live = Boolean(stream.isTTY) && env.TERM !== 'dumb' && !env.CI;
  const say = (line) => stream.write(`${line}\n`);
  return { say, task: (title, detail) => startTask({ stream, live, say }, title, detail) };
}

function startTask({ stream, live, say }, title, detail) {
  const begun = Date.now();
  let note = '';
  let last = begun;
  const line = () => {
    const tail = note === '' ? '' : ` · ${note}`;
    return `${title}: ${formatDuration(Date.now() - begun)}${tail}`;
  };
  const draw = () => {
    if (live) stream.write(`\r\x1b[2K  ${line().slice(0, Math.max(20, (stream.columns ?? 80) - 4))}`);
    else if (Date.now() - last >= QUIET_INTERVAL) {
      last = Date.now();
      say(`  ${line()}`);
    }
  };
  say(`${title}: ${detail}`);
  const timer = setInterval(draw, TICK);
  timer.unref();
  const stop = (text) => {
    clearInterval(timer);
    if (live) stream.write('\r\x1b[2K');
    say(`  ${title}: ${text} after ${formatDuration(Date.now() - begun)}`);
  };
  return {
    note(text) {
      note = text
        .replace(/\p{Cc}/gu, ' ')
        .trim()
        .slice(0, NOTE_LENGTH);
    },
    done: () => stop('ready'),
    fail: (why) => stop(`did not work (${why})`),
  };
}
