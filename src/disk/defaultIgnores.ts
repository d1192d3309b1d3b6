/** A pattern (gitignore syntax, case-sensitive) that counts in every folder unless a later rule takes it back, and why. */
export type DefaultIgnore = { readonly pattern: string; readonly reason: string }

function because(reason: string, ...patterns: readonly string[]): readonly DefaultIgnore[] {
  return patterns.map((pattern) => ({ pattern, reason }))
}

/** What is ignored by default (design, section 3), in order: of several patterns that match, the last one decides. */
export const DEFAULT_IGNORES: readonly DefaultIgnore[] = [
  ...because('hidden: the name starts with a dot', '.*'),
  ...because('metadata of a group: read, and sent with its row', '!.metadata.json'),
  ...because('read by encord-sync itself', '.done', '.encordignore'),
  ...because('an unfinished copy made by rsync', '.*.??????'),
  ...because('a deleted file that is still open somewhere', '.nfs*', '.fuse_hidden*', '.smbdelete*'),
  ...because('written by macOS beside every file on foreign disks', '._*', '.DS_Store', '__MACOSX/'),
  ...because('thumbnails of a NAS', '@eaDir/'),
  ...because('the recycle bin of a NAS or of Windows', '\\#recycle/', '@Recycle/', '$RECYCLE.BIN/', '.Trash-*/', '.Trashes/'),
  ...because('kept by the file system', 'lost+found/', 'System Volume Information/'),
  ...because('written by the Windows file manager', 'Thumbs.db', 'desktop.ini'),
  ...because('an editor backup or lock', '*~', '~$*'),
  ...because('a copy or download that is not finished', '*.part', '*.partial', '*.filepart', '*.tmp', '*.temp', '*.crdownload'),
  ...because('a copy or download that is not finished', '*.download', '*.opdownload', '*.aria2', '*.!sync', '*.!ut', '*.bc!', '*.rsls'),
]
