/**
 * The length in bytes of the video that a motion photo's XMP announces at the end of the file, 0 when it announces none.
 * Sources: Android "Motion Photo format 1.0" (Container:Directory, Semantic MotionPhoto) and the older GCamera:MicroVideoOffset.
 * @param app1 the payload of an APP1 segment
 */
export function motionVideoBytes(app1: Uint8Array): number {
  const text = Buffer.from(app1.buffer, app1.byteOffset, app1.byteLength).toString('latin1')
  if (!text.startsWith('http://ns.adobe.com/xap/1.0/\0')) return 0
  const older = /GCamera:MicroVideoOffset="(\d{1,12})"/.exec(text)?.[1]
  if (older !== undefined) return Number(older)
  const item = text.split('<Container:Item').find((part) => part.includes('Item:Semantic="MotionPhoto"'))
  return Number(/Item:Length="(\d{1,12})"/.exec(item ?? '')?.[1] ?? 0)
}
