import { describe, expect, it } from 'vitest';
import { TrainyardError } from '../../../domain/errors.ts';
import { checkGates, checkPassed, checkReaders, commandFor } from '../../../spec/change-rules.ts';

const runId = 'run-digits-a2b3c4';

function refusal(work: () => void): TrainyardError {
  try {
    work();
  } catch (error) {
    if (error instanceof TrainyardError) return error;
  }
  throw new Error('nothing was refused');
}

describe('a change of a run', () => {
  it('is taken as far as only stages ahead read it', () => {
    const paths = ['package.args.opset', 'serve.port', 'limits.total'];
    expect(() => checkReaders({ runId, paths, from: 'package', set: [] })).not.toThrow();
  });

  it('is refused for a field that was read, with the stage and the command that work', () => {
    const set = ["recipe.args.note=it's new", 'serve.port=1'];
    const error = refusal(() =>
      checkReaders({ runId, paths: ['recipe.args.note', 'serve.port'], from: 'package', set }),
    );
    expect(error.code).toBe('TY_RUN_FIELD_READ');
    expect(error.message).toBe('recipe.args.note is read by stage train, which is done');
    expect(error.details.where).toBe('recipe.args.note');
    expect(error.details.fix).toBe(
      String.raw`trainyard run rerun ${runId} --from train --set 'recipe.args.note=it'\''s new' --set serve.port=1`,
    );
  });

  it('of what a run is leads to a new one', () => {
    const error = refusal(() => checkReaders({ runId, paths: ['name'], from: 'fetch', set: ['name=b'] }));
    expect(error.details.fix).toBe(`trainyard run resubmit ${runId} --set name=b`);
  });

  it('does not go behind a gate that let the run pass, but for what is asked anew', () => {
    const error = refusal(() => checkPassed({ runId, paths: ['output.repo'], set: ['output.repo=x'] }, 'push'));
    expect(error.code).toBe('TY_RUN_FIELD_READ');
    expect(error.details.fix).toBe(commandFor(runId, 'push', ['output.repo=x']));
    const free = ['output.credentials', 'serve.port', 'limits.total'];
    expect(() => checkPassed({ runId, paths: free, set: [] }, 'push')).not.toThrow();
    expect(() => checkPassed({ runId, paths: ['recipe.args.lr'], set: [] }, 'train')).not.toThrow();
    expect(() => checkPassed({ runId, paths: ['backend.queue'], set: [] }, 'train')).toThrow(/behind the gate/);
  });

  it('never touches the gates of a run that is under way, not even those ahead', () => {
    const paths = ['gates', 'gates.register.quorum'];
    const error = refusal(() => checkGates({ runId, paths, set: ['gates=null'] }));
    expect(error.code).toBe('TY_RUN_FIELD_READ');
    expect(error.details.fix).toBe(commandFor(runId, 'register', ['gates=null']));
    expect(() => checkGates({ runId, paths: ['serve.port'], set: [] })).not.toThrow();
  });
});
