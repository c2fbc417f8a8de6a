import { sha256 } from './cache.mjs';

export const SERVER = 'kserve==0.21.0';

/** Python versions the inference server takes. */
export const PYTHON_FLOOR = '3.10';
export const PYTHON_CEILING = '3.14';

// What the server imports for REST v2, found by experiment; it is installed without its own requirements, which
// would bring gRPC compilers and a numpy that older torch builds cannot load. Upper bounds are what was tried.
const SERVING = [
  'uvicorn>=0.30.6,<0.55',
  'fastapi>=0.115.3,<0.166',
  'starlette>=1.3.1,<1.11',
  'cloudevents>=1.6.2,<2',
  // The smallest that the server's client half still loads: later ones are nine times as large.
  'kubernetes>=28.1,<29',
  'psutil>=5.9.6,<6',
  'grpcio>=1.73,<2',
  'grpc-interceptor>=0.15.4,<1',
  'protobuf>=6.33.5,<7',
  'prometheus-client>=0.20,<1',
  'orjson>=3.11.6,<4',
  'httpx>=0.27.2,<1',
  'timing-asgi>=0.3,<1',
  'tabulate>=0.9,<1',
  'pandas>=2.2,<3',
  'pydantic>=2.5,<3',
  'python-dateutil>=2.8,<3',
  'watchfiles>=1.0.4,<2',
  'requests>=2.32,<3',
  'charset-normalizer>=3.2,<4',
  'pyyaml>=6,<7',
  'pillow>=9.4,<13',
];

/** Modules the interpreter must have for training and serving. */
export const MODULES = ['torch', 'numpy', 'PIL', 'kserve', 'uvicorn'];

/** torch built before 2.3 cannot load numpy 2. */
export function servingPackages(torchVersion) {
  const [major = 0, minor = 0] = torchVersion.split('.').map(Number);
  const old = major < 2 || (major === 2 && minor < 3);
  return [...SERVING, old ? 'numpy>=1.23,<2' : 'numpy>=1.26,<3'];
}

/** Names the environment: another set of packages or another interpreter below makes another one. */
export function environmentKey(base) {
  const packages = [SERVER, ...servingPackages(base.torch ?? '2.3')];
  const digest = sha256(JSON.stringify([base.executable, base.version, base.torch ?? 'wheel', packages]));
  return `py${base.version}-${digest.slice(0, 12)}`;
}
