export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The word that asks the program itself what may come next. */
export const ASK = '__complete'

/** What each shell has to read; all ask the program that is being typed, so that nothing in them grows old. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of encord-sync
_encord_sync() {
  local word typed=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r word; do
    [[ $word == */ ]] && compopt -o nospace
    COMPREPLY+=("$(printf '%q' "$word")")
  done < <("$1" ${ASK} "\${typed[@]}" 2>/dev/null)
}
complete -F _encord_sync encord-sync
`,
  zsh: `#compdef encord-sync
_encord_sync() {
  local -a found directories
  found=("\${(@f)$("\${(Q)words[1]}" ${ASK} "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  directories=("\${(@M)found:#*/}")
  found=("\${(@)found:#*/}")
  compadd -a found
  compadd -S '' -a directories
}
if [[ $funcstack[1] == _encord-sync ]]; then _encord_sync; else compdef _encord_sync encord-sync; fi
`,
  fish: `# fish completion of encord-sync
complete -c encord-sync -f -a '(encord-sync ${ASK} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
}

/** Where a shell looks for completions of a user, below home. */
export const PLACES: Readonly<Record<Shell, string>> = {
  bash: '.local/share/bash-completion/completions/encord-sync',
  zsh: '.local/share/zsh/site-functions/_encord-sync',
  fish: '.config/fish/completions/encord-sync.fish',
}
