/** The mark: water behind a gate. */
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden>
      <rect width="24" height="24" rx="6" fill="var(--accent)" />
      <path d="M0 9.5 12 16.5 24 9.5V18a6 6 0 0 1-6 6H6a6 6 0 0 1-6-6Z" fill="var(--on-accent)" opacity=".28" />
      <path d="M3.5 8.2 12 13.2l8.500-5" fill="none" stroke="var(--on-accent)" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
