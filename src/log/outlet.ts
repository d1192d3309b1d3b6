import type { Writable } from 'node:stream'

/** A stream for people or for a log, whose reader may go away at any time. */
export type Outlet = {
  /** Writes the text as it is. Does nothing once the reader is gone; never throws. */
  write(text: string): void
  /** True from the moment the reader is known to be gone. */
  readonly closed: boolean
  /** Resolves when what was written has been handed on, or the reader is gone. */
  flushed(): Promise<void>
}

// The reader is gone for good. Anything else, such as a full disk or a share that is away behind a redirection, may pass.
const GONE = new Set(['EPIPE', 'EBADF', 'ENOTCONN', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])

/**
 * Makes a stream safe to write to: a closed pipe neither ends the process (an 'error' event without a listener would) nor keeps it busy
 * (nothing is written after the first EPIPE).
 * @param mostWaitingBytes a text that finds more than this waiting is dropped: for a log, whose reader may never read
 */
export function outlet(stream: Writable, mostWaitingBytes = Number.POSITIVE_INFINITY): Outlet {
  let gone = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // What a terminal that was closed answers; of a file it is what its disk says.
    const isHungUp = error.code === 'EIO' && 'isTTY' in stream && stream.isTTY === true
    if (isHungUp || (error.code !== undefined && GONE.has(error.code))) gone = true
  })
  const closed = () => gone || stream.destroyed || stream.writableEnded
  return {
    write(text) {
      if (closed() || stream.writableLength > mostWaitingBytes) return
      stream.write(text)
    },
    get closed() {
      return closed()
    },
    flushed() {
      if (closed() || stream.writableLength === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          stream.off('error', done).off('close', done)
          resolve()
        }
        stream.once('error', done).once('close', done)
        stream.write('', done)
      })
    },
  }
}
