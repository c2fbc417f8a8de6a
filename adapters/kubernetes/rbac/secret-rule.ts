import type { AccessRule } from './rules.ts';

/** Only these by name: whether they are there is asked, and what they hold is not. */
export function secretRule(names: readonly string[]): AccessRule {
  return {
    group: '',
    resources: ['secrets'],
    verbs: ['get'],
    names,
    why: 'whether the Secrets that pods mount are there',
    without: 'a run whose Secret is missing is only found out by its pods',
  };
}
