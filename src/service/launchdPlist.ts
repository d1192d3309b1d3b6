import { LAUNCHD_LABEL, programOf, SIGNATURE, searchPath, THREADS, type UnitSpec } from './unitSpec.ts'

/**
 * The text of the launchd agent or daemon (launchd.plist(5)). launchd can't tell exit codes apart: a wrong config is tried again,
 * once a minute.
 * @param logFile where it writes its log; launchd keeps none
 */
export function launchdPlist({ scope, launch, environment }: UnitSpec, logFile: string): string {
  const command = [...programOf(launch.script), 'run', '--config', launch.configFile]
  const variables = { PATH: searchPath(launch, 'darwin'), ...THREADS, ...environment }
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<!-- ${SIGNATURE} -->`,
    '<plist version="1.0">',
    '<dict>',
    ...key('Label', string(LAUNCHD_LABEL)),
    ...(scope.kind === 'system' ? key('UserName', string(scope.user)) : []),
    ...key('ProgramArguments', '<array>', ...command.map((word) => `  ${string(word)}`), '</array>'),
    ...key('EnvironmentVariables', ...dict(Object.entries(variables).map(([name, value]) => [name, string(value)]))),
    ...key('RunAtLoad', '<true/>'),
    ...key('KeepAlive', ...dict([['SuccessfulExit', '<false/>']])),
    ...key('ThrottleInterval', '<integer>60</integer>'),
    '  <!-- Steps in hand have 15 s to end. -->',
    ...key('ExitTimeOut', '<integer>20</integer>'),
    ...key('ProcessType', string('Background')),
    '  <!-- 077 -->',
    ...key('Umask', '<integer>63</integer>'),
    ...key('StandardErrorPath', string(logFile)),
    '</dict>',
    '</plist>',
  ].join('\n')}\n`
}

function key(name: string, ...value: readonly string[]): readonly string[] {
  return [`  <key>${escapeXml(name)}</key>`, ...value.map((line) => `  ${line}`)]
}

function dict(entries: readonly (readonly [string, string])[]): readonly string[] {
  return ['<dict>', ...entries.flatMap(([name, value]) => [`  <key>${escapeXml(name)}</key>`, `  ${value}`]), '</dict>']
}

function string(text: string): string {
  return `<string>${escapeXml(text)}</string>`
}

/** XML 1.0 has no way to write most control characters; a path that holds one can't be in a plist. */
function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
