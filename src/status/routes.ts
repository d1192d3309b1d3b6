import { type Context, Hono } from 'hono'
import type { LocalApi } from '../control/api.ts'
import { UserError } from '../model/error.ts'
import { METRICS_TYPE, metricsText, type OwnFigures } from './metrics.ts'
import { pageHtml } from './page.ts'
import { type Bound, requestGuard } from './requestGuard.ts'
import { sharedAnswer } from './sharedAnswer.ts'
import { hideInDeletes, hideInFolders, hideInStatus } from './shownViews.ts'
import { STYLESHEET } from './stylesheet.ts'
import { carriesToken } from './token.ts'

/** The reading half of the local interface: all that can be reached from here. */
export type ReadingApi = Pick<LocalApi, 'status' | 'units' | 'why' | 'deletes' | 'folders'>

export type RouteOptions = {
  readonly token: string
  /** ms since 1970. */
  wallMs(): number
  /** ms since some point of this process. */
  monotonicMs(): number
  /** How long ago the engine got on with a folder, ms. */
  idleMs(): number
  ownFigures(): OwnFigures
}

/** A round takes milliseconds, and at most 60 s when a key has to be tested and the server is silent; rounds are at most 10 s apart. */
const STALLED_MS = 120_000
const SHARED_MS = 1_000

/**
 * The page and its data: `/`, `/files`, `/style.css`, `/healthz`, `/metrics`, `/api/status|deletes|folders`, and with the token only
 * `/files`, `/api/units` and `/api/why`.
 */
export function statusRoutes(api: ReadingApi, options: RouteOptions, bound: () => Bound): Hono {
  const shared = <T>(ask: () => Promise<T>) => sharedAnswer(ask, SHARED_MS, options.monotonicMs)
  const status = shared(() => api.status())
  const deletes = shared(() => api.deletes())
  const folders = shared(() => api.folders())
  const trusted = (c: Context) => carriesToken(c.req.header('authorization'), options.token)

  async function page(c: Context, named: boolean): Promise<Response> {
    const [view, batches] = await Promise.all([status(), deletes()])
    const shown = named ? { status: view, deletes: batches } : { status: hideInStatus(view), deletes: hideInDeletes(batches) }
    return c.html(pageHtml({ ...shown, named, refreshing: c.req.query('refresh') !== 'off', nowMs: options.wallMs() }))
  }

  const app = new Hono()
  app.use(requestGuard(bound))
  app.get('/', (c) => page(c, false))
  app.get('/files', (c) => (trusted(c) ? page(c, true) : tokenWanted(c)))
  app.get('/style.css', (c) => c.body(STYLESHEET, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/healthz', (c) => (options.idleMs() < STALLED_MS ? c.text('ok\n') : c.text('stalled: no round for 120 s\n', 503)))
  app.get('/metrics', async (c) =>
    c.body(metricsText(await status(), options.idleMs(), options.ownFigures()), 200, { 'content-type': METRICS_TYPE }),
  )
  app.get('/api/status', async (c) => c.json(trusted(c) ? await status() : hideInStatus(await status())))
  app.get('/api/deletes', async (c) => c.json(trusted(c) ? await deletes() : hideInDeletes(await deletes())))
  app.get('/api/folders', async (c) => c.json(trusted(c) ? await folders() : hideInFolders(await folders())))
  app.get('/api/units', async (c) => (trusted(c) ? c.json(await api.units({ path: c.req.query('path') ?? null })) : tokenWanted(c)))
  app.get('/api/why', async (c) => (trusted(c) ? c.json(await api.why({ path: c.req.query('path') ?? '' })) : tokenWanted(c)))
  app.notFound((c) => c.text('not found\n', 404))
  app.onError((error, c) => {
    // Only those with the token reach what a UserError may name.
    if (error instanceof UserError && trusted(c)) return c.json({ error: { what: error.message, next: error.next } }, 404)
    return c.text('no answer: ask `encord-sync status`\n', 500)
  })
  return app
}

/** A browser asks for user and password: the user may be anything, the password is the token. */
function tokenWanted(c: Context): Response {
  return c.text('this shows names of files: the token is wanted, from status.token beside the ledger\n', 401, {
    'www-authenticate': 'Basic realm="encord-sync: the password is in status.token beside the ledger", charset="UTF-8"',
  })
}
