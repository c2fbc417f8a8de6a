/** What `trainyard init` writes: a spec that parses as it is, with every choice beside it as a comment. */
export function initTemplate(recipe: 'torchrun' | 'command'): string {
  return [HEAD, recipe === 'torchrun' ? TORCHRUN : COMMAND, TAIL].join('\n');
}

const HEAD = `# Every field: docs/reference/spec.md. Check it without starting anything: trainyard run start --dry-run

name: my-model                      # a-z, 0-9 and "-"; names jobs, branches and the service
# displayName: My model             # what people call it, in any script

model:                              # training code and, if any, the starting weights
  repo: https://git.example.com/me/my-model
  ref: main                         # branch, tag or commit
# code: { repo: https://git.example.com/me/my-code }   # when the code is in a repository of its own
dataset:
  repo: https://git.example.com/me/my-data
  ref: main
output:                             # leave it out to push nothing
  repo: https://git.example.com/me/my-model-trained
  branch: "{name}-{timestamp}"      # a new branch every run
# credentials: my-git               # made by: trainyard credential set my-git --host git.example.com
`;

const TORCHRUN = `recipe:
  kind: torchrun                    # one process a rank, with RANK, WORLD_SIZE, MASTER_ADDR ... set
  script: train.py                  # reads TRAINYARD_DATASET_DIR, writes to TRAINYARD_OUTPUT_DIR
  args:                             # --epochs=3 --lr=0.05
    epochs: 3
    lr: 0.05
compute:
  replicas: 2
  # procsPerReplica: 1
  # cpu: 2                          # cores of a replica
  # memory: 4Gi
  # env: { OMP_NUM_THREADS: 1 }
`;

const COMMAND = `recipe:
  kind: command                     # any program; no shell, nothing is expanded
  command: [python3, train.py]      # reads TRAINYARD_DATASET_DIR, writes to TRAINYARD_OUTPUT_DIR
  args:                             # --epochs=3
    epochs: 3
# compute: { cpu: 2, memory: 4Gi, env: { OMP_NUM_THREADS: 1 } }
`;

const TAIL = `# package:                          # exports the weights; writes TorchScript to TRAINYARD_MODEL_FILE
#   script: export.py
# evaluate:                         # scores the exported file; writes numbers to TRAINYARD_METRICS_JSON
#   script: evaluate.py
# serve: { kind: local }            # needs package
# backend: { kind: local }          # or kubernetes-job, volcano, trainjob, paddlejob; then compute.image is needed too

# limits: { starting: 1h, total: 720h, parked: 72h }   # null removes a limit
# retries: { infrastructure: 10, code: 0 }
# onFailure: fail                   # or pause: wait for a person
`;
