import { execFile } from 'node:child_process'

/** How a program of the system ended; `code` is null when it was ended because it took too long. */
export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs a program of the system by its name. A program that is not there ends with 127, as in a shell. */
export type RunTool = (program: string, args: readonly string[], options?: { readonly timeoutMs?: number }) => Promise<Ran>

/** More than any of these programs takes unless it waits for something, ms. */
const PATIENCE_MS = 20_000

/** The real thing, in an environment whose words are English. */
export function toolRunner(env: NodeJS.ProcessEnv): RunTool {
  return (program, args, { timeoutMs = PATIENCE_MS } = {}) =>
    new Promise((resolve) => {
      execFile(program, [...args], { env: { ...env, LC_ALL: 'C' }, timeout: timeoutMs, encoding: 'utf8' }, (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr })
        else if (error.code === 'ENOENT') resolve({ code: 127, stdout, stderr: `${program}: not found` })
        else resolve({ code: typeof error.code === 'number' ? error.code : null, stdout, stderr })
      })
    })
}

/** The first line a program said why it failed. */
export function reasonOf({ stderr, stdout, code }: Ran): string {
  const line = `${stderr}\n${stdout}`.split('\n').find((one) => one.trim() !== '')
  return line?.trim() ?? (code === null ? 'it took too long' : `it ended with ${code}`)
}
