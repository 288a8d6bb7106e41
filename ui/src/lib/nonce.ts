/** Returns the nonce that the server put into this page; styles made at run time carry it. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

// Read by the scroll lock of dialogs, which makes a style element of its own.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = styleNonce();
