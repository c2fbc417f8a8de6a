/** Shells there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

const BASH = `# bash completion for trainyard
_trainyard() {
  local IFS=$'\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(trainyard __complete "\${words[@]}" 2>/dev/null))
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -o filenames -F _trainyard trainyard ty`;

const ZSH = `#compdef trainyard ty
_trainyard() {
  local -a found
  found=("\${(@f)$(trainyard __complete "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then
    compadd -- "\${found[@]}"
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_trainyard" ]; then
  _trainyard "$@"
else
  compdef _trainyard trainyard ty
fi`;

const FISH = `# fish completion for trainyard
function __trainyard_complete
  set -l words (commandline -opc) (commandline -ct)
  trainyard __complete $words[2..-1] 2>/dev/null
end
complete -c trainyard -a '(__trainyard_complete)'
complete -c ty -a '(__trainyard_complete)'`;

/** A script that asks `trainyard __complete` for candidates. */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}
