import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../domain/messages.ts';
import type { PlanSummary } from '../domain/plan.ts';
import type { Stage } from '../domain/stage.ts';

const keyword = (name: string) => defineSearchAttributeKey(name, 'KEYWORD');

/** What a run can be found by; known once it is planned. One event. */
export function publishPlan(summary: PlanSummary, stage: Stage): void {
  const values: readonly (readonly [name: string, value: string | null])[] = [
    [SEARCH_ATTRIBUTES.project, summary.project],
    [SEARCH_ATTRIBUTES.name, summary.name],
    [SEARCH_ATTRIBUTES.stage, stage],
    [SEARCH_ATTRIBUTES.backend, summary.backend],
    [SEARCH_ATTRIBUTES.site, summary.site],
    [SEARCH_ATTRIBUTES.modelRepo, summary.modelRepo],
    [SEARCH_ATTRIBUTES.datasetRepo, summary.datasetRepo],
  ];
  upsertSearchAttributes(values.flatMap(([name, value]) => (value === null ? [] : [{ key: keyword(name), value }])));
}

/** The stage a run is in. One event. */
export function publishStage(stage: Stage): void {
  upsertSearchAttributes([{ key: keyword(SEARCH_ATTRIBUTES.stage), value: stage }]);
}
