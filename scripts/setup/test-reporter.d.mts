interface CountedModule {
  state(): string;
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> };
}

export function countTests(
  modules: readonly CountedModule[],
  errors: readonly unknown[],
): { readonly passed: number; readonly failed: number; readonly skipped: number };
