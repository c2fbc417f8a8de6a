import { afterEach, describe, expect, it, vi } from 'vitest';
import { askService } from '../../../client/v2-infer.ts';

const INPUT = { name: 'INPUT__0', datatype: 'FP32', shape: [-1, 2] };

describe('askService', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('asks in the shape that the model declares and gives back the first output', async () => {
    const fetched = vi
      .fn<typeof fetch>()
      .mockResolvedValueOnce(Response.json({ inputs: [INPUT] }))
      .mockResolvedValueOnce(Response.json({ outputs: [{ name: 'OUTPUT__0', data: [0.25, 0.75] }] }));
    vi.stubGlobal('fetch', fetched);
    expect(await askService('http://127.0.0.1:1', 'my model', [3, 4])).toEqual([0.25, 0.75]);
    const [address, options] = fetched.mock.calls[1] ?? [];
    expect(address).toBe('http://127.0.0.1:1/v2/models/my%20model/infer');
    expect(JSON.parse(options?.body as string)).toEqual({ inputs: [{ ...INPUT, shape: [1, 2], data: [3, 4] }] });
  });

  it('reports the words of a service that refuses', async () => {
    vi.stubGlobal('fetch', async () => new Response('{"error":"no such model"}', { status: 404 }));
    await expect(askService('http://127.0.0.1:1', 'digits', [1, 2])).rejects.toMatchObject({
      code: 'TY_SERVE_BAD_ANSWER',
      details: { why: 'HTTP 404: {"error":"no such model"}' },
    });
  });

  it('reports why nobody could be reached', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    });
    await expect(askService('http://127.0.0.1:1', 'digits', [1])).rejects.toMatchObject({
      code: 'TY_SERVE_BAD_ANSWER',
      details: { why: 'connect ECONNREFUSED' },
    });
  });
});
