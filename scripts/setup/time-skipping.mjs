import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptCandidate, aptInstall } from './apt.mjs';
import { moveIn, removeTree, which } from './cache.mjs';
import { impossible, obtainable, present } from './part.mjs';
import { run } from './process.mjs';

/** Temporal's server for tests that need not wait: timers fire when nothing else is left to do. Java, from Maven Central. */
const VERSION = '1.38.0';
const MAIN = 'io.temporal.testserver.TestServer';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.trainyard</groupId>
  <artifactId>time-skipping</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** Plans the server that skips time, a program of the ring `chaos` only. Its path is that of a script that starts it. */
export async function planTimeSkipping(machine) {
  const folder = join(machine.root, `time-skipping-${VERSION}`);
  const find = () => (existsSync(join(folder, 'start')) ? join(folder, 'start') : null);
  const there = find();
  if (there !== null) return present('time-skipping', there);
  const tools = ['java', 'mvn'].every((name) => which(name, machine.env.PATH) !== null);
  if (!tools && (await aptCandidate(machine, 'maven')) === null) {
    return impossible('time-skipping', {
      message: 'there is no Java and no Maven for the server that skips time',
      where: 'PATH',
      why: 'tests of gates that wait for days run on a server of Temporal that is written in Java',
      fix: 'install a Java 17 and Maven, for instance: sudo apt-get install maven',
    });
  }
  const way = {
    how: `Temporal's test server ${VERSION} from Maven Central`,
    size: tools ? '40 MB' : '300 MB',
    time: '1 to 2 min',
    get: async (task, scratch) => {
      if (!tools) await aptInstall(machine, ['maven', 'default-jre-headless'], task);
      return await download(machine, { folder, task, scratch });
    },
  };
  return obtainable('time-skipping', { why: 'gates are tested over days that nobody waits for', find, ways: [way] });
}

async function download(machine, { folder, task, scratch }) {
  const made = join(scratch, 'server');
  mkdirSync(made);
  writeFileSync(join(scratch, 'pom.xml'), POM);
  const args = ['-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(made, 'lib')}`];
  const onLine = (line) => task.note(line.slice(0, 100));
  const result = await run('mvn', args, { cwd: scratch, env: machine.env, onLine });
  if (!result.ok) throw new Error(result.why);
  const script = `#!/bin/sh\nexec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$0")/lib/*" ${MAIN} "$@"\n`;
  writeFileSync(join(made, 'start'), script, { mode: 0o755 });
  moveIn(made, folder);
  removeTree(scratch);
  return join(folder, 'start');
}
