import classes from './SignInPage.module.css';

/** A quiet star field; positions come from a fixed sequence, so that every visit shows the same sky. */
export function NightSky() {
  return (
    <svg className={classes.sky} viewBox="0 0 1000 700" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      {STARS.map(({ x, y, radius, opacity }) => (
        <circle key={`${x}-${y}`} cx={x} cy={y} r={radius} opacity={opacity} fill="#fff" />
      ))}
      <g className={classes.constellation} transform="translate(590 40) rotate(-8) scale(12)">
        <path d="M4.5 11.5 10 9.5 14 12 17.5 14.8 18.2 21.2 26 22 27.5 14.2 17.5 14.8" />
        {DIPPER.map(([x, y, radius]) => (
          <circle key={x} cx={x} cy={y} r={radius} />
        ))}
      </g>
    </svg>
  );
}

const DIPPER = [
  [4.5, 11.5, 0.3],
  [10, 9.5, 0.28],
  [14, 12, 0.32],
  [17.5, 14.8, 0.2],
  [18.2, 21.2, 0.28],
  [26, 22, 0.28],
  [27.5, 14.2, 0.38],
] as const;

const STARS = scatter(110);

function scatter(count: number) {
  let state = 7;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return Array.from({ length: count }, () => ({
    x: Math.round(next() * 1000),
    y: Math.round(next() * 700),
    radius: 0.4 + next() * 0.9,
    opacity: 0.15 + next() * 0.5,
  }));
}
