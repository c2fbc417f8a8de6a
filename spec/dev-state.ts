import { z } from 'zod';

const devState = z.object({
  pid: z.number().int().positive(),
  /** `host:port` of the Temporal server. */
  address: z.string().min(1),
  namespace: z.string().min(1),
  taskQueue: z.string().min(1),
  /** Absolute. */
  workspace: z.string().min(1),
  /** URL of Temporal's UI; `null` if it is off. */
  ui: z.string().nullable(),
});

/** What a running `trainyard dev` writes to `.trainyard/dev.json`, so that the command line finds it. */
export type DevState = Readonly<z.output<typeof devState>>;

/** The state in a file's text; `null` if it is damaged, which counts as none. */
export function parseDevState(text: string): DevState | null {
  try {
    return devState.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
