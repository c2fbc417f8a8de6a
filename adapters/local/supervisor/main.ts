/**
 * The supervisor of one local job: `node main.ts <job directory>`, or `--standby` to be told the directory later through
 * the pipe. It outlives the worker that started it. Nothing but Node and Trainyard's own files is loaded: it stands
 * between a run and its training.
 */
import { STARTER_PIPE, superviseJob } from './supervise.ts';
import { Socket } from 'node:net';

// Meant for this process; a trainer that runs Node has its own.
delete process.env['NODE_COMPILE_CACHE'];

const [argument] = process.argv.slice(2);
const jobDir = argument === '--standby' ? await nextJob() : argument;
if (jobDir !== undefined) await superviseJob(jobDir);
process.exit();

/** The directory that the starter sends; `undefined` when the starter has ended or needs no spare any more. */
function nextJob(): Promise<string | undefined> {
  const pipe = new Socket({ fd: STARTER_PIPE, readable: true, writable: false });
  let text = '';
  return new Promise((resolve) => {
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('\n')) resolve(text.trimEnd());
    });
    pipe.once('error', () => resolve(undefined));
    pipe.once('close', () => resolve(undefined));
  });
}
