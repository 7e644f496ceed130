const STARS = [
  [4.5, 11.5, 1.5],
  [10, 9.5, 1.5],
  [14, 12, 1.6],
  [17.5, 14.8, 1.2],
  [18.2, 21.2, 1.5],
  [26, 22, 1.5],
  [27.5, 14.2, 1.9],
] as const;

/** The Big Dipper: four stars of the bowl, three of the handle. */
export function LogoMark({ size = 28, className }: { size?: number; className?: string }) {
  return (
    <svg className={className} width={size} height={size} viewBox="2 3.5 28 24" aria-hidden="true">
      <path
        d="M4.5 11.5 10 9.5 14 12 17.5 14.8 18.2 21.2 26 22 27.5 14.2 17.5 14.8"
        fill="none"
        stroke="currentColor"
        strokeOpacity={0.45}
        strokeWidth={1.1}
        strokeLinejoin="round"
      />
      {STARS.map(([x, y, radius]) => (
        <circle key={`${x}`} cx={x} cy={y} r={radius} fill="currentColor" />
      ))}
    </svg>
  );
}
