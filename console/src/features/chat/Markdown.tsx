import { isValidElement, memo, type ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import rehypeHighlight from 'rehype-highlight';
import remarkGfm from 'remark-gfm';
import { CopyButton } from '@/shared/ui/CopyButton';
import classes from './Markdown.module.css';

const REMARK = [remarkGfm];
const REHYPE = [rehypeHighlight];

/**
 * A model's text is untrusted. HTML in it is shown as text, only http(s) and mail links stay links, and images become links: loading one would
 * tell another host that the answer was read.
 */
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  img: ({ src, alt }) => (
    <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noopener noreferrer nofollow">
      {alt ?? 'image'}
    </a>
  ),
  table: ({ children }) => (
    <div className={classes.tableScroll}>
      <table>{children}</table>
    </div>
  ),
  pre: ({ children }) => (
    <div className={classes.block}>
      <div className={classes.blockHead}>
        <span>{languageOf(children)}</span>
        <CopyButton text={textOf(children)} label="Copy code" />
      </div>
      <pre>{children}</pre>
    </div>
  ),
};

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown}>
      <ReactMarkdown remarkPlugins={REMARK} rehypePlugins={REHYPE} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
});

function languageOf(code: ReactNode): string {
  if (!isValidElement<{ className?: string }>(code)) return 'text';
  return /language-([\w+#-]+)/.exec(code.props.className ?? '')?.[1] ?? 'text';
}

/** The plain text of highlighted code. */
function textOf(node: ReactNode): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return node.map(textOf).join('');
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : '';
}
