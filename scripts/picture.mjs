// Makes an SVG of captured terminal screens, one below the other: the picture of the demo in the README. By hand, from real runs:
//   tmux new-session -d -s demo -x 96 -y 70 'npm run demo; sleep 60'
//   tmux capture-pane -e -p -t demo > during.txt    (while it uploads; again at the end; then leave out what is there twice)
//   node scripts/picture.mjs during.txt end.txt > docs/demo.svg
import { readFileSync } from 'node:fs'

const CELL = { width: 7.6, height: 17 }
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' }
const SGR = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`)

// A style lasts from line to line until it is ended.
let style = {}
const screens = process.argv.slice(2).map((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
const lines = screens.flatMap((screen, index) => (index === 0 ? screen : ['', '  ⋮', '', ...screen]))
const columns = Math.max(
  ...lines.map(
    (line) =>
      line
        .split(SGR)
        .filter((_, index) => index % 2 === 0)
        .join('').length,
  ),
)
const [width, height] = [Math.ceil((columns + 4) * CELL.width), (lines.length + 2) * CELL.height]

process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A run of npm run demo in a terminal</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12.6" fill="#c9d1d9" xml:space="preserve">
${lines.map(lineOf).join('')}</g>
</svg>
`)

function lineOf(line, row) {
  const y = (row + 1.75) * CELL.height
  let column = 0
  let spans = ''
  for (const [index, part] of line.split(SGR).entries()) {
    if (index % 2 === 1) style = styled(style, part)
    else {
      // Runs of spaces may be as wide as the font likes; each part has its own place.
      for (const { 0: word, index: at } of part.matchAll(/\S+(?: \S+)*/g)) spans += spanOf(word, column + at, style)
      column += part.length
    }
  }
  return spans === '' ? '' : `<text y="${y}">${spans}</text>\n`
}

function spanOf(text, column, { bold, dim, colour }) {
  const x = ((column + 2) * CELL.width).toFixed(1)
  const looks = [bold && 'font-weight="bold"', dim && 'fill-opacity="0.65"', colour && `fill="${colour}"`].filter(Boolean).join(' ')
  const safe = text.replace(/[&<>]/g, (sign) => `&#${sign.codePointAt(0)};`)
  return `<tspan x="${x}" textLength="${(text.length * CELL.width).toFixed(1)}"${looks === '' ? '' : ` ${looks}`}>${safe}</tspan>`
}

function styled(before, codes) {
  const style = { ...before }
  for (const code of codes.split(';')) {
    if (code === '' || code === '0' || code === '22') Object.assign(style, { bold: false, dim: false })
    if (code === '1') style.bold = true
    else if (code === '2') style.dim = true
    else if (code !== '22' && code !== '49') style.colour = COLOURS[code]
  }
  return style
}
