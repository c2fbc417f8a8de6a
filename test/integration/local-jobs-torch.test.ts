import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ended } from '../contract/jobs.contract.ts';
import { locateTools } from '../../adapters/tools/locate.ts';
import { openLocalSite } from '../support/local-site.ts';
import type { LocalSite } from '../support/local-site.ts';

/** Every rank adds its number plus one; prints what torch made of the environment. */
const SUM_OF_RANKS = `
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
value = torch.tensor([dist.get_rank() + 1])
dist.all_reduce(value)
print(f"rank {dist.get_rank()} of {dist.get_world_size()} has {int(value)}", flush=True)
dist.destroy_process_group()
`;

/** Rank 1 ends in the middle; rank 0 waits for it in a collective. */
const RANK_1_FAILS = `
import os, sys, torch, torch.distributed as dist
dist.init_process_group("gloo")
if dist.get_rank() == 1:
    print("loss is nan", flush=True)
    os._exit(3)
dist.all_reduce(torch.ones(1))
`;

const python = locateTools(process.env).python;
const sitePath = [...(python === null ? [] : [dirname(python)]), process.env['PATH'] ?? ''].join(delimiter);

describe('a local job with torch', () => {
  let site: LocalSite;

  beforeEach(() => {
    site = openLocalSite(sitePath);
  });

  afterEach(async () => {
    await site.close();
  });

  function script(text: string): string {
    const path = join(site.root, 'code', 'train.py');
    writeFileSync(path, text);
    return 'train.py';
  }

  it('finds torch before anything is spent', async () => {
    await expect(site.jobs.preflight('torchrun')).resolves.toBeUndefined();
  });

  it('lets two ranks meet as torchrun would', async () => {
    const request = site.request({
      argv: ['python3', script(SUM_OF_RANKS)],
      role: { launcher: 'torchrun', procsPerReplica: 2 },
    });
    await site.jobs.submit(request);
    const status = await ended(site.jobs, request.name, 60);
    expect(status.phase).toBe('succeeded');
    expect(site.log(request, 0)).toContain('rank 0 of 2 has 3');
    expect(site.log(request, 1)).toContain('rank 1 of 2 has 3');
  });

  it('names the rank that failed, not the one that noticed', async () => {
    const request = site.request({
      argv: ['python3', script(RANK_1_FAILS)],
      role: { launcher: 'torchrun', procsPerReplica: 2 },
      graceSeconds: 1,
    });
    await site.jobs.submit(request);
    const status = await ended(site.jobs, request.name, 60);
    expect(status.cause).toMatchObject({ rank: 1, exitCode: 3, kind: 'exit-code' });
    expect(status.cause?.lastLines).toContain('loss is nan');
  });

  it('lets a command of two replicas call torchrun itself', async () => {
    const argv = ['python3', '-m', 'torch.distributed.run', script(SUM_OF_RANKS)];
    const request = site.request({ argv, role: { replicas: 2 } });
    await site.jobs.submit(request);
    const status = await ended(site.jobs, request.name, 90);
    expect(status.cause).toBeNull();
    expect(site.log(request, 0)).toContain('rank 0 of 2 has 3');
    expect(site.log(request, 1)).toContain('rank 1 of 2 has 3');
  });
});
