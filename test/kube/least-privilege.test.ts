import { describeLeastPrivilege, NOT_INSTALLED } from '../cluster-support/least-privilege-suite.ts';

describeLeastPrivilege({
  backend: 'kubernetes-job',
  kind: 'jobs.batch',
  elsewhere: {
    ...NOT_INSTALLED,
    'create podgroups.scheduling.volcano.sh': 'Volcano, in the ring `cluster`',
    'patch podgroups.scheduling.volcano.sh': 'Volcano, in the ring `cluster`',
    'delete podgroups.scheduling.volcano.sh': 'Volcano, in the ring `cluster`',
  },
});
