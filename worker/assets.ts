import { fileURLToPath } from 'node:url';

/** Trainyard's own programs. In the checkout `assets/` lies beside `worker/`; in the package beside `dist/`. */
export const ASSETS = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../assets' : '../../assets', import.meta.url),
);
