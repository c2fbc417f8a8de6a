/** The run's page in Temporal's UI. */
export function runUrl(ui: string, namespace: string, workflowId: string): string {
  const base = ui.replace(/\/+$/, '');
  return `${base}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
