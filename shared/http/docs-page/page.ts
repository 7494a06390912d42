import { createHash } from 'node:crypto';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** The page that shows `openapi.json` (beside it) and lets a reader try each operation. It loads nothing else. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MCMS API</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#page">Skip to the operations</a>
<header>
<h1>MCMS API <small id="version"></small></h1>
<input id="token" type="password" autocomplete="off" spellcheck="false">
<select id="language" aria-label="Language / 언어"><option value="en">English</option><option value="ko">한국어</option></select>
</header>
<div class="layout">
<nav id="menu" aria-label="Operations"></nav>
<main id="page" tabindex="-1"></main>
</div>
<script>${SCRIPT}</script>
</body>
</html>
`;

/** Only this page's own style and script run, and they reach only the server they came from. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
