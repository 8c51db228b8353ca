import { describeGpus, hasNvidiaDriver } from '../libtorch/driver.ts';
import { findPip, findPython } from '../libtorch/python.ts';
import { cmakeVersion, findCompiler } from '../setup/tools.ts';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';
import { which } from '../system/which.ts';
import { type Fact, ok, warn } from './fact.ts';

const OLDEST_NODE = [20, 11] as const;

/** Node, the compiler, cmake, Python and pip, the NVIDIA driver. */
export async function toolFacts(env: Environment): Promise<Fact[]> {
  return [
    nodeFact(process.versions.node),
    ...(await Promise.all([compilerFact(env), cmakeFact(env), pythonFact(env), driverFact(env)])),
  ];
}

function nodeFact(version: string): Fact {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const oldest = OLDEST_NODE.join('.');
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]))
    return ok('Node', version);
  return { name: 'Node', status: 'missing', detail: version, advice: `install Node ${oldest} or newer` };
}

async function compilerFact(env: Environment): Promise<Fact> {
  const compiler = findCompiler(env);
  if (!compiler)
    return warn('C++ compiler', 'none', '`apt-get install g++` (only needed to build the addon)');
  const { stdout } = await run(compiler, ['--version'], { env });
  return ok('C++ compiler', stdout.split('\n')[0] || compiler);
}

async function cmakeFact(env: Environment): Promise<Fact> {
  if (which('cmake', env)) return ok('cmake', await cmakeVersion(env));
  return warn('cmake', 'none', '`apt-get install cmake` (needed to build the addon and to unpack libtorch)');
}

async function pythonFact(env: Environment): Promise<Fact> {
  const python = await findPython(env);
  if (!python)
    return warn(
      'Python',
      'none',
      '`apt-get install python3 python3-pip` (only pip is needed, to fetch libtorch)',
    );
  const pip = await findPip(env);
  if (!pip)
    return warn('Python', `${python.version}, no pip`, '`apt-get install python3-pip` (fetches libtorch)');
  return ok('Python', `${python.version}, ${await pipVersion(pip, env)}`);
}

async function pipVersion([command = '', ...args]: readonly string[], env: Environment): Promise<string> {
  const { stdout } = await run(command, [...args, '--version'], { env, cwd: '/' });
  return stdout.split(' ').slice(0, 2).join(' ');
}

async function driverFact(env: Environment): Promise<Fact> {
  if (!(await hasNvidiaDriver(env))) return ok('NVIDIA driver', 'none: computing on the CPU');
  const gpus = await describeGpus(env);
  return ok('NVIDIA driver', gpus.join('; ') || 'there');
}
