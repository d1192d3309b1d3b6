import type { Mutation } from './mutation.ts'

const plan = 'src/sync/plan/deletePlan.ts'
const evidence = 'src/sync/plan/evidence.ts'
const deleter = 'src/sync/deleter.ts'
const properties = 'test/sync/plan/deleteProperties.test.ts'
const lastMoment = 'test/analysis/deleter.test.ts'
const planTests = 'test/sync/plan/deletePlan.test.ts'

const without = (item: string) => ({ file: properties, name: `without ${item} nothing is deleted`, written: item })
const atTheCall = (item: string) => ({ file: lastMoment, name: `just before the call, ${item} stops it`, written: item })
const atLast = (item: string) => ({ file: lastMoment, name: `without ${item} nothing is deleted`, written: item })
const planned = (name: string, written?: string) => (written === undefined ? { file: planTests, name } : { file: planTests, name, written })
const proven = (name: string) => ({ file: 'test/sync/plan/evidence.test.ts', name })

/** Rules 1 to 5 of the design, section 6: that it is gone. */
const THAT_IT_IS_GONE: readonly Mutation[] = [
  {
    rule: '1: both scans are whole and complete',
    file: evidence,
    text: `if (!scan.whole || scan.result !== 'complete') return { kind: 'none' }`,
    instead: '',
    test: proven('a scan that could not see a place'),
  },
  {
    rule: '1: at least grace apart',
    file: evidence,
    text: `if (scan.beganMs - candidate.firstAtMs < graceMs) return { kind: 'none' }`,
    instead: '',
    test: proven('a moment before the grace'),
  },
  {
    rule: '1: a second scan is needed',
    file: plan,
    text: 'if (second === null) {',
    instead: 'if (second === undefined) {',
    test: without('the second scan'),
  },
  {
    rule: '1: the last scan is complete too',
    file: plan,
    text: `if (last !== null && last.result !== 'complete') {`,
    instead: 'if (last === undefined) {',
    test: without('that the last scan saw everything'),
  },
  {
    rule: '1: a busy directory blocks its own candidates',
    file: 'src/sync/candidates.ts',
    text: `isRestless ? { ...evidence, result: 'unsettled' } : evidence`,
    instead: 'evidence',
    test: {
      file: 'test/sync/heldBatches.test.ts',
      name: 'a scan in which the directory of a file never rested is no evidence about that file',
    },
  },
  {
    rule: '1: a directory that changed while it was read is read again',
    file: 'src/disk/walk.ts',
    text: 'else if (observed.unsettled || !sameDirStamp(now, observed.stamp) || coolsInMs(observed) > 0) stirred.push(dir)',
    instead: '',
    test: { file: 'test/disk/walk.test.ts', name: 'a file renamed into the directory just read, out of the one read next, is seen once' },
  },
  {
    rule: '1: the ledger refuses an intent without two whole scans',
    file: 'src/store/migrations/0001-ledger.sql',
    text: `AND a.whole = 1 AND z.whole = 1 AND a.result = 'complete' AND z.result = 'complete'`,
    instead: '',
    test: { file: 'test/store/deleteTrigger.test.ts', name: 'the second scan looked at some directories only' },
  },
  {
    rule: '2: the same folder',
    file: plan,
    text: `if (context.folder.state !== 'ok' && context.folder.state !== 'degraded') {`,
    instead: 'if (context.folder.state === undefined) {',
    test: without('that the folder is the same'),
  },
  {
    rule: '2: a folder without a marker',
    file: plan,
    text: `if (context.folder.marker !== 'written')`,
    instead: 'if (context.folder.marker === undefined)',
    test: without('the marker'),
  },
  {
    rule: '2: the root inode tells',
    file: 'src/sync/plan/folderIdentity.ts',
    text: 'known.ino === seen.ino &&',
    instead: '',
    test: { file: 'test/sync/plan/folderIdentity.test.ts', name: 'never hides another inode' },
  },
  {
    rule: '3: the same mounts, just before the call',
    file: deleter,
    text: `if (JSON.stringify(mounts) !== JSON.stringify(known.mounts)) return 'the mounts at or under the folder changed'`,
    instead: '',
    test: atTheCall('a mount that came'),
  },
  {
    rule: '3: the same mounts, in each scan',
    file: 'src/app/survey.ts',
    text: 'const hidden = changedMounts(request.knownMounts, mounts)',
    instead: 'const hidden = changedMounts(mounts, mounts)',
    test: { file: 'test/sync/survey.test.ts', name: 'hides what was at the mount that is gone, and holds every delete' },
  },
  {
    rule: '3: no absence is proven on another mount',
    file: 'src/disk/absence.ts',
    text: `if (dir !== '' && mounts.some((mount) => mount.dir === dir)) return NOT_ANOTHER_MOUNT`,
    instead: '',
    test: {
      file: 'test/disk/absence.test.ts',
      name: 'nothing is proved on another mount below the folder, while the folder itself may be one',
    },
  },
  {
    rule: '4: no link on the way',
    file: 'src/disk/absence.ts',
    text: `if (stats.isSymbolicLink()) return 'ELOOP'\n  if (!stats.isDirectory()) return 'ENOTDIR'`,
    instead: '',
    test: { file: 'test/disk/absence.test.ts', name: 'a directory that became a link to a disk which is away proves nothing' },
  },
  {
    rule: '4: ENOENT and nothing else',
    file: 'src/disk/absence.ts',
    text: `if (found === 'ENOENT') return`,
    instead: `if (found !== 'there') return`,
    test: {
      file: 'test/disk/absence.test.ts',
      name: 'nor does a file in place of a directory, a name that is too long, or a folder that is away',
    },
  },
  {
    rule: '4: any other errno is not seen',
    file: deleter,
    text: `return seen.errno === 'EXDEV' ? { kind: 'lacking', why, obstacle: 'mount' } : { kind: 'lacking', why }`,
    instead: `return { kind: 'proven', proof: why }`,
    test: atLast('the errno'),
  },
  {
    rule: '4: what is there is not gone',
    file: deleter,
    text: `return isTaken(tools, target.unit, path) ? { kind: 'lacking', why, obstacle: 'taken' } : { kind: 'lacking', why }`,
    instead: `return { kind: 'proven', proof: why }`,
    test: atLast('that it is gone'),
  },
  {
    rule: '4: the directory says that something was removed',
    file: plan,
    text: '(file.absence?.unchanged ?? 0) > 0',
    instead: '(file.absence?.unchanged ?? 0) > 1_000',
    test: planned('whose ctime says that nothing was removed is looked at again'),
  },
  {
    rule: '4: unchanged three times is held',
    file: plan,
    text: '(file.absence?.unchanged ?? 0) >= UNCHANGED_PARENT',
    instead: '(file.absence?.unchanged ?? 0) >= 1_000',
    test: planned('whose ctime says so three times holds'),
  },
  {
    rule: '5: nothing that was seen before is unseen',
    file: plan,
    text: `if (context.unseen !== null)`,
    instead: 'if (context.unseen === undefined)',
    test: without('that all that was seen before is seen'),
  },
  {
    rule: '5: a place that came with the absence may hide it',
    file: plan,
    text: 'if (view.hiding !== null && !approved) return',
    instead: 'if (view.hiding === undefined) return',
    test: { file: 'test/sync/deletes/places.test.ts', name: 'a file that went as a place came that cannot be looked into is held' },
  },
  {
    rule: '5: a link that came with the absence may lead to it',
    file: 'src/sync/judgeDeletes.ts',
    text: 'if (link !== null) return',
    instead: 'if (link === undefined) return',
    test: {
      file: 'test/sync/deletes/places.test.ts',
      name: 'a file that went as a link came is held: the link may lead to where it is now',
    },
  },
  {
    rule: '5: a walk that was under way while the file was seen says nothing of what was there before',
    file: 'src/sync/judgeDeletes.ts',
    text: '?.beganAfter ?? 0',
    instead: '?.id ?? 0',
    test: {
      file: 'test/sync/deletes/hiding.test.ts',
      name: 'a file that went to where nothing can be seen is held, in whatever order two folders of its dataset were walked then',
    },
  },
  {
    rule: '5: what may hide an older row counts from the look that found it changed',
    file: 'src/sync/judgeDeletes.ts',
    text: 'const scans = [version.changedScan, candidate.firstScan,',
    instead: 'const scans = [candidate.firstScan,',
    test: {
      file: 'test/sync/hiddenOlder.test.ts',
      name: 'what an older row holds may be behind a link that came with the newer file, however often it was looked at before that one was sent',
    },
  },
]

/** Rules 6 to 9: that nothing speaks against it, and the order. */
const THAT_IT_MAY_GO: readonly Mutation[] = [
  {
    rule: '6: no file of that size is un-hashed',
    file: plan,
    text: 'if (view.unsettled !== null) {',
    instead: 'if (view.unsettled === undefined) {',
    test: without('that no file of its size is un-hashed'),
  },
  {
    rule: '6: in any folder of that dataset',
    file: 'src/store/tree.ts',
    text: `WHERE f.size_bytes = ? AND o.remote_id = ? AND o.configured = 1 AND f.local IN ('present', 'unseen') AND f.sha256 IS NULL`,
    instead: `WHERE f.size_bytes = ? AND o.remote_id = ? AND o.id = 1 AND f.local IN ('present', 'unseen') AND f.sha256 IS NULL`,
    test: {
      file: 'test/analysis/evidence.test.ts',
      name: 'analysis 3: one unseen place, or one un-hashed, waiting or unreadable file of that size',
    },
  },
  {
    rule: '6: a copy that came later holds',
    file: plan,
    text: 'const copy = view.copies.find((file) => file.firstScan > seenFirst)',
    instead: 'const copy = view.copies.find((file) => file.firstScan === undefined)',
    test: planned('the same content at a path that was first seen later holds; an older copy does not matter'),
  },
  {
    rule: '6: a look at another folder that began before the first scan was over proves nothing',
    file: plan,
    text: 'lastWhole.beganAfter >= scanId',
    instead: 'lastWhole.id >= scanId',
    test: planned('another folder counts as looked at when its walk began after the first scan, whatever its times say'),
  },
  {
    rule: '5: a disk that went from a folder which came to the dataset since hides too',
    file: 'src/sync/judgeDeletes.ts',
    text: 'if (Number(ledger.meta.read(mountsChanged(one.id)) ?? 0) > seenAfter)',
    instead: 'if (before !== null && Number(ledger.meta.read(mountsChanged(one.id)) ?? 0) > seenAfter)',
    test: {
      file: 'test/sync/deletes/hiding.test.ts',
      name: 'a file that went as a disk was unmounted below a folder that had just come to its dataset is held',
    },
  },
  {
    rule: '5: what an overwritten row holds was last seen before it was overwritten',
    file: 'src/sync/surveyMoves.ts',
    text: '      ledger.versions.setChangedScan(unitId, this.#units.scanId)\n      for (const version',
    instead: '      for (const version',
    test: {
      file: 'test/sync/deletes/hiding.test.ts',
      name: 'what was overwritten by a rename was last seen before it was, however often its proof starts anew',
    },
  },
  {
    rule: '6: what was seen of a copy of another folder proves nothing',
    file: 'src/sync/takeSurvey.ts',
    text: `states.includes('restored') ? ofAnother(seen) : seen`,
    instead: 'seen',
    test: {
      file: 'test/sync/deletes/places.test.ts',
      name: 'what moved to another folder is not gone while a copy stands in the place of that one',
    },
  },
  {
    rule: '6: the other folders are looked at while the grace passes',
    file: plan,
    text: 'context.others.some((other) => !isSeenSince(other, candidate.firstScan))',
    instead: 'false',
    test: {
      file: 'test/sync/deletes/places.test.ts',
      name: 'what moved to another folder is found there while the grace passes, not only once all else is proven',
    },
  },
  {
    rule: '6: what a scan found is said of the rows that stand there when it is written down',
    file: 'src/sync/applySurvey.ts',
    text: 'const differences = asKnownNow(ledger, survey.differences)',
    instead: 'const { differences } = survey',
    test: { file: 'test/sync/overtaken.test.ts', name: 'a walk that lacks a file lacks the row that took its place meanwhile' },
  },
  {
    rule: '6: the other folders were looked at since',
    file: plan,
    text: 'if (elsewhere !== null) return elsewhere',
    instead: '',
    test: {
      file: 'test/sync/deletes/places.test.ts',
      name: 'what moved to another folder of the dataset is looked for there, and waits while that one is away',
    },
  },
  {
    rule: '7: count',
    file: plan,
    text: 'if (units > limit.count)',
    instead: 'if (units > 1_000_000)',
    test: planned('as many as the limit go; one more, and all that was not sent is held'),
  },
  {
    rule: '7: percent, from the sixth',
    file: plan,
    text: 'units * 100 > limit.percent * allUnits || files * 100 > limit.percent * allFiles',
    instead: 'units === undefined',
    test: planned('the percent rule begins with the sixth delete of the window'),
  },
  {
    rule: '7: what was sent in the window counts',
    file: plan,
    text: 'const units = context.sent.units + counted.length',
    instead: 'const units = counted.length',
    test: planned('what was sent in the window counts'),
  },
  {
    rule: '7: what waits counts',
    file: plan,
    text: `return verdict.kind === 'delete' || (verdict.kind === 'wait' && ON_ITS_WAY.has(verdict.rule))`,
    instead: `return verdict.kind === 'delete'`,
    test: planned('what still waits for its second scan counts, and is held too'),
  },
  {
    rule: '7: emptying a folder is held',
    file: plan,
    text: 'if (absent.length > 0 && leaving >= context.live.units)',
    instead: 'if (absent.length < 0)',
    test: planned('a folder that would be empty keeps all of it'),
  },
  {
    rule: '7: a burst on a network file system is held',
    file: plan,
    text: 'if (count >= BURST)',
    instead: 'if (count >= 1_000)',
    test: planned('a directory that loses five units at once is held on a network file system, and only there'),
  },
  {
    rule: '7: restarts change nothing',
    file: 'src/sync/judgeDeletes.ts',
    text: 'sent: ledger.history.deletesSince(folder.id, now.wallMs - policy.deletes.limit.perMs)',
    instead: 'sent: { units: 0, files: 0 }',
    test: { file: 'test/analysis/limit.test.ts', name: 'analysis 9: however it is split over time and restarts' },
  },
  {
    rule: '8: the two clocks agree',
    file: deleter,
    text: `if (skew !== null) return { kind: 'stopped', why: skew, state: 'clock' }`,
    instead: '',
    test: atLast('a clock that agrees with it'),
  },
  {
    rule: '8: a server that tells no time',
    file: deleter,
    text: `if (differenceMs === null) return 'the server sent no Date'`,
    instead: 'if (differenceMs === null) return null',
    test: atLast("the server's time"),
  },
  {
    rule: '8: the grace by the monotonic clock too',
    file: evidence,
    text: `if (monotonicSinceFirstMs !== null && monotonicSinceFirstMs < graceMs) return { kind: 'none' }`,
    instead: '',
    test: proven('the wall clock jumped ahead'),
  },
  {
    rule: '8: a clock that ran back starts the proof anew',
    file: evidence,
    text: `if (scan.beganMs < candidate.firstAtMs) return { kind: 'first' }`,
    instead: '',
    test: proven('the wall clock ran back'),
  },
  {
    rule: '9: the identity is looked at before the disk is',
    file: deleter,
    text: `if (before !== null) return { kind: 'stopped', why: before, state: null }`,
    instead: '',
    test: atTheCall('another folder at its path while it was looked at'),
  },
  {
    rule: '9: the identity is looked at after the disk was',
    file: deleter,
    text: `if (after !== null) return { kind: 'stopped', why: after, state: null }`,
    instead: '',
    test: atTheCall('another folder at its path, once it was proven gone'),
  },
  {
    rule: '9: the last look is at most a second old when the intent is written',
    file: deleter,
    text: 'if (clock.monotonicMs() - lookedAtMs > FRESH_MS) return',
    instead: 'if (lookedAtMs === undefined) return',
    test: atTheCall('a look at the disk that takes two seconds'),
  },
  {
    rule: '9: the call leaves within a second',
    file: deleter,
    text: 'if (clock.monotonicMs() - lookedAtMs > FRESH_MS) {',
    instead: 'if (lookedAtMs === undefined) {',
    test: { file: lastMoment, name: 'an intent that takes two seconds to write' },
  },
  {
    rule: '9: what scans found meanwhile counts',
    file: deleter,
    text: 'if (proven.some(({ target }) => !still.has(target.version.id))) return null',
    instead: '',
    test: atTheCall('a scan that found the file again meanwhile'),
  },
  {
    rule: '9: an unknown outcome is never sent again on old proof',
    file: 'src/sync/resolveDelete.ts',
    text: 'else if (candidate !== null) ledger.candidates.add(version.id, candidate.why, null, clock.wallMs())',
    instead: '',
    test: {
      file: 'test/cells/oldProof.test.ts',
      name: 'a DELETE that never arrived is sent again only after two new looks, a grace apart',
    },
  },
]

/** Superseded versions, approvals, the config, other people, and what is sent. */
const THE_REST: readonly Mutation[] = [
  {
    rule: 'superseded: held by default',
    file: plan,
    text: `isOlder && context.policy.onChange === 'hold'`,
    instead: `isOlder === undefined`,
    test: planned('is held by default, goes under `replace`, stays under `keep`'),
  },
  {
    rule: 'superseded: the new row is live',
    file: plan,
    text: `if (view.successor === null || view.successor.remote !== 'live')`,
    instead: 'if (view.successor === null)',
    test: planned('the newer one is not live'),
  },
  {
    rule: 'superseded: the new row was listed since',
    file: plan,
    text: 'if (view.successor.listedAtMs === null || (view.successor.listedAtMs < liveAtMs && liveAtMs <= wallMs)) {',
    instead: 'if (view.successor === undefined) {',
    test: planned('the newer one was never listed'),
  },
  {
    rule: 'superseded: the new content stands at the path',
    file: plan,
    text: 'if (contentAt(view.unit, view.files) !== view.successor.content)',
    instead: 'if (view.unit === undefined)',
    test: planned('another content stands at its path'),
  },
  {
    rule: 'superseded: the old content is at no path',
    file: plan,
    text: 'if (view.copies.length > 0 && !approved)',
    instead: 'if (view.copies.length < 0)',
    test: planned('is held while its content stands anywhere'),
  },
  {
    rule: 'approval: by the digest that was shown',
    file: 'src/app/decideBatch.ts',
    text: 'if (batch.digest !== ask.digest) throw otherDigest(batch)',
    instead: '',
    test: { file: 'test/sync/heldBatches.test.ts', name: 'a batch is approved only by the digest that was shown' },
  },
  {
    rule: 'approval: for a day',
    file: plan,
    text: '&& context.now.wallMs - (batch.decidedMs ?? 0) < APPROVAL_MS',
    instead: '',
    test: planned('an approval ends after 24 h'),
  },
  {
    rule: 'approval: what came back leaves the batch',
    file: 'src/app/decideBatch.ts',
    text: 'const returned = held.filter((candidate) => isBack(parts, candidate))',
    instead: 'const returned: typeof held = []',
    test: {
      file: 'test/app/changes.test.ts',
      name: 'an approval covers what is left of the set that was shown: a file that came back leaves the batch',
    },
  },
  {
    rule: 'approval: a rejected row is kept',
    file: plan,
    text: `if (batch?.decision === 'rejected')`,
    instead: 'if (batch === undefined)',
    test: planned('a rejected one is kept, a held one waits, an approved one goes'),
  },
  {
    rule: 'config: deletes.mode never',
    file: plan,
    text: `if (deletes.mode === 'never')`,
    instead: `if (deletes.mode === undefined)`,
    test: without('that deletes are wanted'),
  },
  {
    rule: 'config: deletes.mode hold',
    file: plan,
    text: `if (deletes.mode === 'hold')`,
    instead: `if (deletes.mode === undefined)`,
    test: planned('deletes.mode `never` and `hold` let nothing go by itself'),
  },
  {
    rule: 'config: absences from before a change of mode',
    file: plan,
    text: 'if (candidate.madeMs < context.folder.modeSinceMs || isOlderThanMode(view, context))',
    instead: 'if (candidate.madeMs === undefined)',
    test: planned('what was gone before deletes.mode was changed is held'),
  },
  {
    rule: 'config: a change of mode is told by scans too',
    file: 'src/sync/judgeDeletes.ts',
    text: `const modeSinceScan = ruleSince(ledger, folder.id, 'mode').scan`,
    instead: 'const modeSinceScan = 0 * folder.id',
    test: {
      file: 'test/sync/ruleSince.test.ts',
      name: 'a clock that is set back before deletes.mode becomes milder makes no absence a newer one',
    },
  },
  {
    rule: 'config: rows replaced before a change of on_change',
    file: plan,
    text: 'if (isOlder && isReplacedBefore(view, context))',
    instead: 'if (isOlder && candidate.madeMs === undefined)',
    test: planned('what was replaced before on_change was changed is held'),
  },
  {
    rule: 'config: an ignore rule lets go of a row',
    file: 'src/sync/candidates.ts',
    text: `if (unit.local === 'excluded' && version.role === 'current') {`,
    instead: `if (unit.local === undefined) {`,
    test: { file: 'test/cells/cells.test.ts', name: 'ignored, in S', written: '$name' },
  },
  {
    rule: 'config: rows of a removed entry are let go of',
    file: 'src/sync/bindFolders.ts',
    text: `for (const folder of ledger.folders.all()) if (!kept.has(folder.id)) detach(tools, folder, 'it left the config')`,
    instead: '',
    test: { file: 'test/cells/cells.test.ts', name: 'entry removed, in S', written: '$name' },
  },
  {
    rule: 'config: a folder that gets its dataset back is the one it was',
    file: 'src/sync/bindFolders.ts',
    text: 'const before = folders.released(folder.uid, remoteId) ??',
    instead: 'const before =',
    test: {
      file: 'test/cells/comesBack.test.ts',
      name: 'a folder that gets its first dataset back sends nothing twice, and its rows are followed again',
    },
  },
  {
    rule: 'paused: nothing goes',
    file: plan,
    text: 'if (context.folder.paused)',
    instead: 'if (context.folder.paused === undefined)',
    test: without('that nobody paused it'),
  },
  {
    rule: 'others: a listing without any of our rows is not believed',
    file: 'src/sync/listing.ts',
    text: `return { kind: 'distrusted', why: 'it holds none of our rows', holdsNoneOfOurs: true }`,
    instead: 'settled.length = 0',
    test: { file: 'test/sync/uploads/unknownOutcomes.test.ts', name: 'an empty listing is no proof that a group was not made' },
  },
  {
    rule: 'others: a listing of another dataset is not believed',
    file: 'src/sync/listing.ts',
    text: 'if (listing.dataset !== remote.dataset)',
    instead: 'if (listing.dataset === undefined)',
    test: atLast('a listing that is to be trusted'),
  },
  {
    rule: 'sending: absent needs two listings',
    file: 'src/sync/outcome.ts',
    text: `if (listed === null) return { kind: 'later', forMs: absentGapMs }`,
    instead: 'return null',
    test: { file: 'test/sync/uploads/unknownOutcomes.test.ts', name: 'a listing that lags longer than absent_gap makes no second row' },
  },
  {
    rule: 'sending: a file that changed while it was sent is not registered',
    file: 'src/sync/sendBody.ts',
    text: `if (!isUnchanged) throw new FileChanged(file.path, 'it changed while it was sent')`,
    instead: '',
    test: {
      file: 'test/sync/uploads/changing.test.ts',
      name: 'while it is sent is registered once, as it is then',
      written: 'a file that is %s while it is sent is registered once, as it is then',
    },
  },
  {
    rule: 'sending: a group that changed meanwhile is not registered again',
    file: 'src/sync/resolve.ts',
    text: ' || !isStillGroup(tools, unit, version)',
    instead: '',
    test: { file: 'test/cells/changedGroup.test.ts', name: 'a group whose call never arrived is made once, of what is there' },
  },
]

export const MUTATIONS: readonly Mutation[] = [...THAT_IT_IS_GONE, ...THAT_IT_MAY_GO, ...THE_REST]
