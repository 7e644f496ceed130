import { LogoMark } from '@/shared/ui/Logo';
import classes from './Welcome.module.css';

const SUGGESTIONS = [
  { title: 'Say hello', prompt: 'Hello! Who are you?' },
  { title: 'Do a sum', prompt: 'What is 47 times 83?' },
  { title: 'Tell a story', prompt: 'Tell me a story about a fox named Lily in a forest.' },
  {
    title: 'Read data from text',
    prompt: 'Extract name, age and city as JSON: Omar is 41 years old and lives in Kyoto.',
  },
];

export function Welcome({ model, onPick }: { model: string | null; onPick: (prompt: string) => void }) {
  return (
    <div className={classes.welcome}>
      <LogoMark size={72} className={classes.mark} />
      <h1 className={classes.title}>What would you like to know?</h1>
      <p className={classes.lead}>
        {model === null
          ? 'No model is ready yet. This page notices when one is.'
          : `Answers come from ${model}, on this platform.`}
      </p>
      <div className={classes.suggestions}>
        {SUGGESTIONS.map(({ title, prompt }) => (
          <button
            key={title}
            type="button"
            className={classes.suggestion}
            disabled={model === null}
            onClick={() => {
              onPick(prompt);
            }}
          >
            <span className={classes.suggestionTitle}>{title}</span>
            <span className={classes.suggestionText}>{prompt}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
