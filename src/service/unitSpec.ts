/** Whose service it is: that of one user, or one of the machine that runs as a user. */
export type Scope = { readonly kind: 'user' } | { readonly kind: 'system'; readonly user: string }

/** What a unit is made of. Paths are absolute. */
export type UnitSpec = {
  readonly scope: Scope
  readonly launch: {
    /** The directory of the Node that runs now: looked into first, the usual places after it. */
    readonly nodeDirectory: string
    readonly script: string
    readonly configFile: string
  }
  readonly ledgerPath: string
  /** Each in every spelling that is known: as configured, and with its links resolved. */
  readonly folders: readonly string[]
  /** Keys that systemd hands over: the name in `${CREDENTIALS_DIRECTORY}`, and the file it is read from. */
  readonly credentials: readonly { readonly name: string; readonly file: string }[]
  /** Further variables of the service. None is a secret: every user can read a unit. */
  readonly environment: Readonly<Record<string, string>>
}

/** The first line of every unit that is written here: a file without it is of another hand. */
export const SIGNATURE = 'Written by `encord-sync service install`, which writes it anew.'

/** The name of the service, and of the directory systemd makes for its socket. */
export const SERVICE_NAME = 'encord-sync'
/** The name launchd knows it by. */
export const LAUNCHD_LABEL = 'com.encord-sync'

const USUAL_PLACES = ['/usr/local/bin', '/usr/bin', '/bin'] as const

/**
 * Where the service looks for `node`: a unit that named one version of a version manager would be dead once that version is
 * removed, so it is looked up, the version of today first.
 */
export function searchPath({ nodeDirectory }: UnitSpec['launch'], platform: 'linux' | 'darwin'): string {
  const places = [nodeDirectory, ...(platform === 'darwin' ? ['/opt/homebrew/bin'] : []), ...USUAL_PLACES]
  return [...new Set(places)].join(':')
}

/**
 * The program and its first words. Up to 16 MiB of a semi-space fill with what an upload leaves behind before V8 looks through them, and
 * stay in use for good: 4 MiB are enough here (`--max-semi-space-size`, MiB, of Node's command line).
 */
export function programOf(script: string): readonly string[] {
  return ['/usr/bin/env', 'node', '--max-semi-space-size=4', script]
}

/** glibc gives each thread an arena of its own to allocate from, and what is freed in one is not used by another (mallopt(3)): two are enough. */
export const MEMORY: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' }

/**
 * A question to a share that is dead holds a thread of Node's pool until the share is back; with the usual four, all files and names of hosts would
 * wait for it. Node takes the number from its environment alone, at its start.
 */
export const THREADS: Readonly<Record<string, string>> = { UV_THREADPOOL_SIZE: '16' }
