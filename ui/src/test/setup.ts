import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// A page is loaded on its first use, which takes longer than a second where all cores are busy.
configure({ asyncUtilTimeout: 10_000 });

// What jsdom lacks and Mantine asks for.
window.matchMedia = vi.fn((query: string) => ({
  matches: false, media: query, onchange: null, addListener: vi.fn(), removeListener: vi.fn(),
  addEventListener: vi.fn(), removeEventListener: vi.fn(), dispatchEvent: () => false,
})) as unknown as typeof window.matchMedia;
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.scrollIntoView = vi.fn();
window.scrollTo = vi.fn();

// Files share one window, which saves most of their time; none may find what another left.
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
  history.replaceState(null, '', '/');
});
Object.defineProperty(document, 'fonts', { configurable: true, value: { addEventListener: vi.fn(), removeEventListener: vi.fn(), ready: Promise.resolve() } });
