/**
 * A trainer in a POSIX shell that counts to ten: a checkpoint a step, written beside and renamed in, at
 * `$TRAINYARD_OUTPUT_DIR/checkpoints/step-N`. Told to end it waits a moment, as for a last step, and saves. `starts`
 * holds the number that each attempt began with.
 */
const SCRIPT = `
set -e
out="$TRAINYARD_OUTPUT_DIR"
i=0
for argument; do
  case "$argument" in --resume=*) i="$(cat "\${argument#--resume=}")";; esac
done
echo "$i" >> "$out/starts"
mkdir -p "$out/checkpoints"
save() {
  echo "$i" > "$out/checkpoints/.step-$i.tmp"
  mv "$out/checkpoints/.step-$i.tmp" "$out/checkpoints/$1"
}
trap 'sleep 1; save told; exit "\${EXIT_TOLD:-143}"' TERM
echo "from $i"
while [ "$i" -lt 10 ]; do
  sleep "\${STEP_SECONDS:-0.3}" & wait "$!"
  i=$((i + 1))
  save "step-$i"
  if [ "$i" = "\${FAIL_AT:-never}" ] && [ ! -e "$out/failed" ]; then touch "$out/failed"; exit 3; fi
done
[ ! -e model.torchscript ] || cp model.torchscript "$out/"
echo "$i" > "$out/result"
`;

/** Program and arguments; what makes it go on comes behind them. */
export const SAVING_TRAINER: readonly string[] = ['sh', '-c', SCRIPT, 'trainer'];

/** The recipe that runs it. */
export function savingRecipe(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { kind: 'command', command: SAVING_TRAINER, checkpoint: { path: 'checkpoints', ...changes } };
}
