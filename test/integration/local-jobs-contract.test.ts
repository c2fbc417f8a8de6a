import { describeJobsContract } from '../contract/jobs.contract.ts';
import type { ContractJob } from '../contract/jobs.contract.ts';
import { openLocalSite } from '../support/local-site.ts';

const SCRIPTS: Record<ContractJob, string> = {
  succeeds: 'exit 0',
  fails: 'echo "KeyError: no such column" >&2; exit 3',
  runs: 'exec sleep 300',
};

describeJobsContract('the local backend', () => {
  const site = openLocalSite();
  return Promise.resolve({
    jobs: site.jobs,
    suspends: false,
    another: () => site.another(),
    request: (kind, over = {}) => site.request({ ...over, argv: ['sh', '-c', SCRIPTS[kind]] }),
    close: () => site.close(),
  });
});
