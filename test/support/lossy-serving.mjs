// Loaded into a worker before its own code: of what it asks inference servers on this machine, it hears a share of the
// answers not at all. The server has done what it was asked.
const share = Number(process.env['TRAINYARD_TEST_LOSE_SERVING'] ?? '0');
const real = globalThis.fetch;
globalThis.fetch = async (input, options) => {
  const response = await real(input, options);
  if (!/^http:\/\/127\.0\.0\.1:\d+\/v2\//.test(String(input)) || Math.random() >= share) return response;
  await response.arrayBuffer();
  process.stderr.write('lost an answer of an inference server\n');
  throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
};
