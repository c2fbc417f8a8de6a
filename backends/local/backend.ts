import type { ProcessBackend } from '../../domain/process-job.ts';
import { renderLocalJob } from './render.ts';
import { localJobStatus } from './status.ts';

/** The pure half of the local backend; its adapter is given it by the composition root. */
export const localBackend: ProcessBackend = { render: renderLocalJob, status: localJobStatus };
