import { displayName } from '../model/displayName.ts'
import type { FolderPolicy } from '../model/folder.ts'

/** What a first config says. Paths are absolute. */
export type NewConfig = {
  readonly domain: string
  readonly privateKeyFile: string | null
  /** Null: the default place. */
  readonly ledger: string | null
  readonly folder: string
  readonly dataset: string
  readonly datasetTitle: string
  /** The key itself never stands in a config that is written by a command. */
  readonly key: { readonly file: string } | { readonly variable: string }
  readonly deletes: FolderPolicy['deletes']['mode']
}

/**
 * The text of a first config: what was answered, each key with its meaning, and the rest as comments with their defaults.
 * `isWritable` tells which paths cannot stand in it.
 */
export function newConfigText(config: NewConfig): string {
  return [
    '# Config of encord-sync. `encord-sync config check` says what is wrong with it, all at once; `encord-sync config schema` knows every key.',
    `# Durations are a whole number and ms, s, m, h or d. \${NAME} in a value is the environment variable of that name.`,
    '',
    'encord:',
    '  # The API that holds the dataset.',
    `  domain: ${quoted(config.domain)}`,
    '  # An OpenSSH ed25519 key: only for creating datasets and API keys. The service never reads it.',
    config.privateKeyFile === null ? '  # private_key_file: ~/.ssh/encord' : `  private_key_file: ${quoted(config.privateKeyFile)}`,
    "  # A company's certificate authority (PEM), trusted in addition to the usual ones.",
    '  # ca_file: /etc/ssl/certs/company.pem',
    '',
    '# The database that knows which file is which row: on a local disk, outside every folder. No two configs may share one.',
    config.ledger === null ? '# ledger: ~/.local/state/encord-sync/ledger.db' : `ledger: ${quoted(config.ledger)}`,
    '',
    '# The watched directories, as many as you like. No folder may lie inside another.',
    'folders:',
    `  - path: ${quoted(config.folder)}`,
    `    # The dataset that this folder feeds: ${displayName(config.datasetTitle)}`,
    `    dataset: ${config.dataset}`,
    "    # The dataset's API key is in a file that only you can read (0600). It is read again when the server refuses it.",
    'file' in config.key ? `    api_key_file: ${quoted(config.key.file)}` : `    api_key: \${${config.key.variable}}`,
    '    # What happens to a row whose file was removed here. A removed row takes its annotations with it.',
    '    deletes:',
    '      # propagate: deleted too, guarded. hold: every delete waits for you (`encord-sync deletes list`). never: the row stays.',
    `      mode: ${config.deletes}`,
    '      # A file must be gone in two complete scans this far apart.',
    '      # grace: 2m',
    '      # More deletes than this within the window wait for you.',
    '      # limit: { count: 50, percent: 10, per: 24h }',
    '    # Title of a row: path (site-a/run-3.mp4), name (run-3.mp4), or a template such as "{dir}/{stem}".',
    '    # title: path',
    '    # What the images of a sub-directory become: group (one image group), sequence (played like a video) or individual.',
    '    # subdirectories: group',
    '    # Send DICOM files too, each series as one row, with the patient data they hold.',
    '    # dicomseries: false',
    '    # What to leave alone, in gitignore syntax, in addition to .encordignore files and the built-in list.',
    '    # ignore: ["*.bak", "scratch/"]',
    '    # The old row of a file whose content changed: hold it for you, replace it (guarded), or keep both.',
    '    # on_change: hold',
    '    # A file is sent when it has not changed for this long; a directory of images, when nothing in it has.',
    '    # settle: 5s',
    '    # group_settle: 60s',
    '',
    '# The most that all uploads together may send. No limit when absent.',
    '# upload: { bandwidth: 50MB/s }',
    '',
    '# The local page, /healthz and /metrics, for reading only; off when absent.',
    '# status: { listen: 127.0.0.1:8765 }',
    '',
  ].join('\n')
}

/** Whether a path can stand in a config: a `${` would be taken for a variable, and half a character has no UTF-8. */
export function isWritable(path: string): boolean {
  return !path.includes('${') && !path.includes('\0') && Buffer.from(path).toString() === path
}

/** JSON text is a double-quoted scalar of YAML too; the separators that only JSON takes bare are escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
