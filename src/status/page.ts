import { html } from 'hono/html'
import type { Counts, FolderStatus } from '../control/api.ts'
import { displayName } from '../model/displayName.ts'
import { unreachable } from '../model/error.ts'
import { EXIT, type ExitCode } from '../model/exitCode.ts'
import type { ShownBatch, ShownStatus } from './shownViews.ts'

/** A piece of the page: text in it is escaped by `html`. */
type Html = ReturnType<typeof html>

/** What one page shows. */
export type PageParts = {
  readonly status: ShownStatus
  readonly deletes: readonly ShownBatch[]
  /** Are names of single files shown: was the token given? */
  readonly named: boolean
  /** Does the page load itself anew? */
  readonly refreshing: boolean
  /** ms since 1970. */
  readonly nowMs: number
}

const REFRESH_SECONDS = 10
/** Names of one batch that are listed; the command lists them all. */
const MOST_NAMES = 100

/** The whole page: no script, no form, nothing from elsewhere; every name escaped. */
export function pageHtml(parts: PageParts): Html {
  const { status, refreshing, nowMs } = parts
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refreshing ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : ''}
<title>encord-sync: ${verdict(status.exitCode)}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>encord-sync</h1>
<p class="${status.exitCode === EXIT.ok ? 'good' : 'warn'}">${verdict(status.exitCode)}</p>
<p class="soft">version ${status.version}, as of ${time(nowMs)}</p>
${links(parts)}
</header>
<main>
${toDo(status)}
${status.folders.length === 0 ? html`<p>no folder is configured</p>` : html`<h2>Folders</h2>${status.folders.map(folderCard)}`}
${uploads(status)}
${heldDeletes(parts)}
</main>
</body>
</html>
`
}

function links({ named, refreshing }: PageParts): Html {
  const here = named ? '/files' : '/'
  const again = refreshing
    ? html`<a href="${here}?refresh=off">stop reloading every ${REFRESH_SECONDS} s</a>`
    : html`<a href="${here}">reload every ${REFRESH_SECONDS} s</a>`
  const other = named ? html`<a href="/">without names of files</a>` : html`<a href="/files">with names of files (asks for the token)</a>`
  return html`<nav aria-label="views">${again}${other}</nav>`
}

function verdict(code: ExitCode): string {
  switch (code) {
    case EXIT.ok:
      return 'in sync or on the way'
    case EXIT.failed:
      return 'something failed and will be retried'
    case EXIT.person:
      return 'a person must act'
    case EXIT.usage:
    case EXIT.locked:
      return 'not at work'
    default:
      return unreachable(code)
  }
}

/** Without names, equal commands are one line. */
function toDo({ attention }: ShownStatus): Html | '' {
  if (attention.length === 0) return ''
  const lines = new Map(attention.map(({ what, next }) => [JSON.stringify([what, next]), { what, next }]))
  const items = [...lines.values()].map(({ what, next }) => html`<li>${what === null ? '' : html`${name(what)}: `}${command(next)}</li>`)
  return html`<h2>To do</h2><ul>${items}</ul>`
}

function folderCard({ path, state, why, sinceMs, next, dataset, domain, counts, scannedAtMs, incident }: FolderStatus): Html {
  return html`<section class="card">
<h3>${name(path)}</h3>
<p><span class="${state === 'ok' ? 'good' : 'warn'}">${state}</span>${why === '' ? '' : html`: ${name(why)}`} <span class="soft">since ${time(sinceMs)}</span></p>
${next === null ? '' : html`<p>next: ${command(next)}</p>`}
${countList(counts)}
<p class="soft">last whole scan: ${scannedAtMs === null ? 'none yet' : time(scannedAtMs)}</p>
${incident === null ? '' : incidentLine(incident)}
<p class="soft">dataset ${name(dataset)} at ${name(domain)}</p>
</section>
`
}

/** What was deleted while it was not well: the first question after an incident. */
function incidentLine({ state, fromMs, toMs, deletesSent }: NonNullable<FolderStatus['incident']>): Html {
  const until = toMs === null ? 'now' : time(toMs)
  return html`<p class="soft">not well (${state}) from ${time(fromMs)} to ${until}: ${deletesSent} ${deletesSent === 1 ? 'DELETE' : 'DELETEs'} sent during it</p>`
}

function countList(counts: Counts): Html {
  const parts: readonly (readonly [string, number])[] = [
    ['seen', counts.seen],
    ['synced', counts.synced],
    ['on the way', counts.onTheWay],
    ['waiting', counts.waiting],
    ['failed', counts.failed],
    ['set aside', counts.setAside],
    ['ignored', counts.ignored],
    ['missing from the disk', counts.missing],
    [counts.held === 1 ? 'delete held' : 'deletes held', counts.held],
  ]
  const always = 2
  const shown = parts.filter(([, count], i) => i < always || count > 0)
  return html`<dl class="counts">${shown.map(([word, count]) => html`<div><dt>${word}</dt><dd>${count}</dd></div>`)}</dl>`
}

function uploads({ uploads }: ShownStatus): Html | '' {
  if (uploads.length === 0) return ''
  const cards = uploads.map(({ folder, path, sentBytes, sizeBytes }) => {
    const what = path === null ? html`a file of ${name(folder)}` : name(path)
    const label = path === null ? 'sent so far' : `sent so far of ${displayName(path)}`
    return html`<div class="card">
<p>${what} <span class="soft">${megabytes(sentBytes)} of ${megabytes(sizeBytes)}</span></p>
<progress aria-label="${label}" max="${Math.max(sizeBytes, 1)}" value="${sentBytes}"></progress>
</div>
`
  })
  return html`<h2>Uploads in hand</h2>${cards}`
}

function heldDeletes({ deletes, named }: PageParts): Html | '' {
  if (deletes.length === 0) return ''
  return html`<h2>Deletes</h2>${deletes.map((batch) => batchCard(batch, named))}`
}

function batchCard(batch: ShownBatch, named: boolean): Html {
  const { id, folder, why, madeMs, units } = batch
  const rows = html`${units.length} ${units.length === 1 ? 'row' : 'rows'} of ${name(folder)}`
  return html`<section class="card">
<h3>${id === null ? 'Not to be decided yet' : `Batch ${id}`}: ${rows}</h3>
<p>${why === null ? '' : html`${name(why)}, `}<span class="soft">since ${time(madeMs)}</span></p>
${named ? nameList(units) : ''}
${decision(batch)}
</section>
`
}

function decision({ id, digest, decision, units }: ShownBatch): Html | '' {
  if (id === null) return ''
  if (decision === 'approved') return html`<p>approved: they go once each is proven again</p>`
  return html`<p>look: ${command('encord-sync deletes list')}</p>
<p>delete ${units.length === 1 ? 'it' : 'them'}: ${command(`encord-sync deletes approve ${id} --digest ${digest}`)}</p>
<p>keep ${units.length === 1 ? 'it' : 'them'}: ${command(`encord-sync deletes reject ${id}`)}</p>`
}

function nameList(units: ShownBatch['units']): Html {
  const shown = units.slice(0, MOST_NAMES).map(({ path, missing }) => {
    return html`<li>${name(path ?? '')}${missing === null ? '' : html` <span class="soft">${name(missing)}</span>`}</li>`
  })
  const more = units.length - shown.length
  return html`<ul>${shown}</ul>${more > 0 ? html`<p>and ${more} more</p>` : ''}`
}

/** A name or a reason that holds one: shown with its controls escaped, and kept from turning the text around it. */
function name(text: string): Html {
  return html`<bdi>${displayName(text)}</bdi>`
}

function command(text: string): Html {
  return html`<code>${displayName(text)}</code>`
}

/** A time that stays true when the page grows old. */
function time(atMs: number): Html {
  const iso = new Date(atMs).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
