import { createServer } from 'node:net';
import { freePort } from '../free-port.ts';

/** Whether a server could listen there now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that nobody listens on and that is not among `kept`, which belong to services that are down. */
export async function freeServicePort(kept: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (!kept.has(port)) return port;
  }
}
