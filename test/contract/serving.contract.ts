import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServePlan } from '../../domain/plan.ts';
import type { RegisterRequest, Serving } from '../../ports/serving.ts';

/** What the suite needs of an implementation. */
export interface ServingHarness {
  readonly serving: Serving;
  /** A package that can be served, or one whose server does not become ready. */
  makePackage(version: string, works: boolean): Promise<string>;
  /** A file in which the server may write. */
  logFile(version: string): string;
  /** A port that a program outside listens on. */
  takenPort(): Promise<number>;
  close(): Promise<void>;
}

/** The suite that every `Serving` passes. */
export function servingContract(name: string, open: () => Promise<ServingHarness>): void {
  describe(`${name} as Serving`, () => {
    let harness: ServingHarness;
    let serving: Serving;

    beforeEach(async () => {
      harness = await open();
      serving = harness.serving;
    });
    afterEach(() => harness.close());

    const put = async (version: string, options: PutOptions = {}) => serving.register(await request(version, options));

    const request = async (version: string, options: PutOptions): Promise<RegisterRequest> => ({
      plan: { ...PLAN, port: options.port ?? null },
      version,
      directory: await harness.makePackage(version, options.works ?? true),
      log: harness.logFile(version),
      signal: options.signal ?? new AbortController().signal,
    });

    it('serves a first version and lists it as alive', async () => {
      const registered = await put('v1');
      expect(registered.found).toBe(false);
      expect(registered.startSeconds).toBeGreaterThan(0);
      expect(registered.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      const [status] = await serving.list();
      expect(status).toMatchObject({ service: 'digits', version: 'v1', url: registered.url, alive: true });
      expect(status?.pid).toBeTypeOf('number');
    });

    it('finds a version that serves already and starts no second server', async () => {
      const first = await put('v1');
      const [before] = await serving.list();
      const again = await put('v1');
      expect(again).toMatchObject({ url: first.url, found: true });
      expect((await serving.list())[0]?.pid).toBe(before?.pid);
    });

    it('replaces a version at the same address', async () => {
      const first = await put('v1');
      const second = await put('v2');
      expect(second.url).toBe(first.url);
      expect(await serving.list()).toMatchObject([{ version: 'v2', alive: true }]);
    });

    it('brings the version before back when the new one does not become ready', async () => {
      const first = await put('v1');
      await expect(put('v2', { works: false })).rejects.toMatchObject({ code: 'TY_SERVE_NOT_READY' });
      expect(await serving.list()).toMatchObject([{ version: 'v1', url: first.url, alive: true }]);
    });

    it('leaves no service behind when the very first version does not become ready', async () => {
      await expect(put('v1', { works: false })).rejects.toMatchObject({ code: 'TY_SERVE_NOT_READY' });
      expect(await serving.list()).toEqual([]);
    });

    it('leaves the version before serving when the request is aborted', async () => {
      const first = await put('v1');
      await expect(put('v2', { signal: AbortSignal.abort(new Error('cancelled')) })).rejects.toThrow('cancelled');
      expect(await serving.list()).toMatchObject([{ version: 'v1', url: first.url, alive: true }]);
    });

    it('undoes a version: the one before serves again, and without one nothing does', async () => {
      const first = await put('v1');
      await put('v2');
      await serving.restore('digits', 'v2');
      expect(await serving.list()).toMatchObject([{ version: 'v1', url: first.url, alive: true }]);
      await serving.restore('digits', 'v1');
      expect(await serving.list()).toEqual([]);
    });

    it('undoes nothing when another version serves by now, or none ever did', async () => {
      await put('v1');
      await serving.restore('digits', 'v0');
      await serving.restore('unknown', 'v1');
      expect(await serving.list()).toMatchObject([{ version: 'v1', alive: true }]);
    });

    it('stops all servers and resumes them at the same address', async () => {
      const first = await put('v1');
      await serving.stopAll();
      expect(await serving.list()).toMatchObject([{ version: 'v1', alive: false, pid: null }]);
      await serving.resume();
      const [resumed] = await serving.list();
      expect(resumed).toMatchObject({ version: 'v1', url: first.url, alive: true });
      await serving.resume();
      expect((await serving.list())[0]?.pid).toBe(resumed?.pid);
    });

    it('refuses a port that another program listens on', async () => {
      const port = await harness.takenPort();
      await expect(serving.preflight({ ...PLAN, port })).rejects.toMatchObject({ code: 'TY_SERVE_PORT_TAKEN' });
      await expect(put('v1', { port })).rejects.toMatchObject({ code: 'TY_SERVE_PORT_TAKEN' });
      expect(await serving.list()).toEqual([]);
    });
  });
}

interface PutOptions {
  readonly works?: boolean;
  readonly port?: number;
  readonly signal?: AbortSignal;
}

const PLAN: ServePlan = { kind: 'local', service: 'digits', model: 'digits', port: null, readySeconds: 20 };
