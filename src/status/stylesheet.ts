/** The page's only style sheet, served as `/style.css`. Colours never stand alone: every state is a word too. */
export const STYLESHEET = `:root {
  color-scheme: light dark;
  --text: #1c1e21; --soft: #575d66; --ground: #ffffff; --card: #f4f5f7; --line: #cfd3d9;
  --good: #14692f; --warn: #8a4b00; --link: #0b57a4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e8eb; --soft: #a6adb8; --ground: #15171a; --card: #1f2226; --line: #3b4048;
    --good: #6fd08c; --warn: #f0b46a; --link: #8abdf5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 60rem;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground);
  overflow-wrap: anywhere;
}
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .25rem 0; }
a { color: var(--link); }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: .9rem/1.5 ui-monospace, monospace; background: var(--ground); border: 1px solid var(--line); border-radius: .25rem; padding: .1rem .3rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .75rem 0; }
.soft { color: var(--soft); }
.good, .warn { font-weight: 600; }
.good { color: var(--good); }
.warn { color: var(--warn); }
.counts { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; padding: 0; }
.counts div { display: flex; gap: .35rem; }
.counts dt { order: 2; color: var(--soft); }
.counts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
progress { width: 100%; height: .75rem; accent-color: var(--link); }
ul { margin: .5rem 0; padding-left: 1.25rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; }
`
