import { servingContract } from '../../contract/serving.contract.ts';
import { createFakeServing } from '../../support/fake-serving.ts';

servingContract('FakeServing', async () => {
  const serving = createFakeServing();
  return {
    serving,
    makePackage: async (version, works) => {
      if (!works) serving.broken.add(version);
      return `/published/${version}`;
    },
    logFile: (version) => `/logs/${version}.log`,
    takenPort: async () => {
      serving.taken.add(39_999);
      return 39_999;
    },
    close: async () => {},
  };
});
