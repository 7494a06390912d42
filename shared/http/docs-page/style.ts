/** Style of the API page; light and dark by the reader's setting. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dde3, #3a424c); --soft: light-dark(#f4f6f8, #1b2027);
  --ink: light-dark(#1c232b, #e6eaef); --dim: light-dark(#586472, #9aa6b4); --page: light-dark(#fff, #12161b);
  --get: light-dark(#1d6f42, #4cc38a); --post: light-dark(#1f5fbf, #74a9ff); --patch: light-dark(#8a5a00, #f0b44c);
  --delete: light-dark(#b3261e, #ff8a80); }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--post); outline-offset: 2px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 8px; top: 8px; background: var(--page); padding: 4px 8px; z-index: 2; }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center;
  padding: 10px 20px; background: var(--page); border-bottom: 1px solid var(--line); }
header h1 { font-size: 17px; margin: 0 auto 0 0; }
header small { color: var(--dim); font-weight: normal; }
.layout { display: grid; grid-template-columns: 270px minmax(0, 1fr); }
nav { position: sticky; top: 56px; align-self: start; max-height: calc(100vh - 56px); overflow: auto; padding: 16px 20px;
  border-right: 1px solid var(--line); }
nav h2 { font-size: 12px; margin: 14px 0 4px; color: var(--dim); letter-spacing: .04em; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 2px 0; text-decoration: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
nav a:hover { text-decoration: underline; }
main { padding: 16px 24px 80px; max-width: 1000px; }
.intro { color: var(--dim); white-space: pre-line; }
h2.tag { font-size: 18px; margin: 28px 0 8px; }
details.op { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; scroll-margin-top: 70px; }
details.op > summary { cursor: pointer; padding: 8px 12px; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
details.op[open] > summary { border-bottom: 1px solid var(--line); background: var(--soft); border-radius: 8px 8px 0 0; }
.op .inner { padding: 12px; display: grid; gap: 12px; }
.method { font: 600 12px/1.4 ui-monospace, monospace; min-width: 54px; }
.GET { color: var(--get); } .POST, .PUT { color: var(--post); } .PATCH { color: var(--patch); } .DELETE { color: var(--delete); }
code, pre, textarea { font: 13px/1.5 ui-monospace, monospace; }
summary .what { color: var(--dim); }
.desc { margin: 0; white-space: pre-line; }
.field { display: grid; grid-template-columns: 190px minmax(0, 1fr); gap: 2px 12px; align-items: center; margin: 4px 0; }
.field .hint { grid-column: 2; color: var(--dim); font-size: 13px; }
input, textarea, select, button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line);
  border-radius: 6px; padding: 5px 8px; }
textarea { width: 100%; min-height: 130px; font: 13px/1.5 ui-monospace, monospace; }
button { cursor: pointer; background: var(--soft); }
button.send { background: var(--post); border-color: var(--post); color: var(--page); font-weight: 600; padding: 5px 18px; }
pre { background: var(--soft); border-radius: 6px; padding: 10px; margin: 4px 0; overflow: auto; max-height: 420px; }
h3 { font-size: 14px; margin: 6px 0 2px; }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line); padding: 4px 8px 4px 0; vertical-align: top; }
@media (max-width: 800px) { .layout { display: block; } nav { display: none; } .field { grid-template-columns: 1fr; } .field .hint { grid-column: 1; } }
`;
