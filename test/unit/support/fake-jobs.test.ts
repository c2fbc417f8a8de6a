import { describeJobsContract } from '../../contract/jobs.contract.ts';
import type { ContractJob } from '../../contract/jobs.contract.ts';
import { FakeJobs, SUCCEEDS, exits } from '../../support/fake-jobs.ts';
import type { FakeOutcome } from '../../support/fake-jobs.ts';
import { jobRequest } from '../../support/job-request.ts';

const OUTCOMES: Record<ContractJob, FakeOutcome> = {
  succeeds: SUCCEEDS,
  fails: exits(3, ['no such column: label']),
  runs: 'runs',
};

describeJobsContract('FakeJobs', () => {
  const kinds = new Map<string, ContractJob>();
  const jobs = new FakeJobs((request) => OUTCOMES[kinds.get(request.name) ?? 'runs']);
  return Promise.resolve({
    jobs,
    suspends: true,
    another: () => jobs,
    request(kind, over = {}) {
      const request = jobRequest({ ...over, root: '/nowhere' });
      if (!kinds.has(request.name)) kinds.set(request.name, kind);
      return request;
    },
    close: () => Promise.resolve(),
  });
});
