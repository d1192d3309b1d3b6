import { dirname } from 'node:path'
import { EXIT } from '../model/exitCode.ts'
import { commandWord, mountUnitsOf, systemdWord } from './systemdWords.ts'
import { MEMORY, programOf, SERVICE_NAME, SIGNATURE, searchPath, THREADS, type UnitSpec } from './unitSpec.ts'

/** Without a sign of life for so long the service is started anew, s. While it starts, each sign gives it as long again. */
const WATCHDOG_SECONDS = 120
/** Steps in hand end within 15 s of a stop; then all is closed. */
const STOP_SECONDS = 20

/**
 * The text of the systemd unit (systemd 240 or newer). No setting here gives the service a mount namespace: with `ProtectHome`,
 * `ProtectSystem`, `PrivateTmp` or `ReadWritePaths` it would see other mounts than the commands do, and a folder whose mounts changed deletes nothing.
 * Node compiles at run time, so writable and executable memory stays allowed.
 */
export function systemdUnit(spec: UnitSpec): string {
  return `${[`# ${SIGNATURE}`, ...unitSection(spec), '', ...serviceSection(spec), '', ...hardening(spec), '', ...installSection(spec)].join('\n')}\n`
}

function unitSection({ scope, folders, ledgerPath }: UnitSpec): readonly string[] {
  const after = [...(scope.kind === 'system' ? ['network.target', 'remote-fs.target'] : []), ...folders.flatMap(mountUnitsOf)]
  return [
    '[Unit]',
    'Description=Keeps local folders in step with Encord datasets',
    '# It may fail for days (a full disk) and go on by itself: never give up.',
    'StartLimitIntervalSec=0',
    `RequiresMountsFor=${systemdWord(dirname(ledgerPath))}`,
    '# Disks of folders are waited for, not required: a folder whose disk does not come is `absent`, and the others go on.',
    ...[...new Set(after)].map((unit) => `After=${unit}`),
  ]
}

function serviceSection(spec: UnitSpec): readonly string[] {
  const { scope, launch, credentials, environment } = spec
  const command = [...programOf(launch.script), 'run', '--config', launch.configFile]
  return [
    '[Service]',
    'Type=notify',
    '# Signs of life are sent by systemd-notify, a child.',
    'NotifyAccess=all',
    ...(scope.kind === 'system' ? [`User=${scope.user}`] : []),
    '# The Node of today first: when its version is removed, another one is found.',
    `Environment=${systemdWord(`PATH=${searchPath(launch, 'linux')}`)}`,
    ...Object.entries({ ...MEMORY, ...THREADS, ...environment }).map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`),
    `ExecStart=${command.map(commandWord).join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    ...credentials.map(({ name, file }) => `LoadCredential=${`${name}:${file}`.replaceAll('%', '%%')}`),
    `TimeoutStartSec=${WATCHDOG_SECONDS}`,
    `WatchdogSec=${WATCHDOG_SECONDS}`,
    'Restart=on-failure',
    'RestartSec=10',
    `# ${EXIT.usage}: the config is wrong; ${EXIT.locked}: another instance holds the ledger. Neither ends by trying again.`,
    `RestartPreventExitStatus=${EXIT.usage} ${EXIT.locked}`,
    '# A second SIGTERM or SIGINT ends it at once, and what was cut is looked up at the next start.',
    'SuccessExitStatus=130 143',
    'KillMode=mixed',
    `TimeoutStopSec=${STOP_SECONDS}`,
    'UMask=0077',
    '# A core dump would hold keys.',
    'LimitCORE=0',
    ...directories(spec),
  ]
}

/** The socket lives in the runtime directory; a user's is `$XDG_RUNTIME_DIR`, which is there already. */
function directories({ scope, ledgerPath }: UnitSpec): readonly string[] {
  if (scope.kind === 'user') return []
  const state = /^\/var\/lib\/([^/]+)\/[^/]+$/.exec(ledgerPath)?.[1]
  return [
    `RuntimeDirectory=${SERVICE_NAME}`,
    'RuntimeDirectoryMode=0700',
    ...(state === undefined ? [] : [`StateDirectory=${systemdWord(state)}`, 'StateDirectoryMode=0700']),
  ]
}

function hardening({ scope }: UnitSpec): readonly string[] {
  return [
    'NoNewPrivileges=yes',
    ...(scope.kind === 'system' ? ['CapabilityBoundingSet=', 'KeyringMode=private'] : []),
    'LockPersonality=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallErrorNumber=EPERM',
  ]
}

function installSection({ scope }: UnitSpec): readonly string[] {
  return ['[Install]', `WantedBy=${scope.kind === 'user' ? 'default.target' : 'multi-user.target'}`]
}
