// What Maven runs: `node scripts/maven.mjs build|check`. Installs the locked packages and runs the npm script, each only when what it reads
// has changed since its last success. Plain JavaScript without packages: it also runs on the older Node of a distribution.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUTPUTS = new Set(['node_modules', 'dist', 'target']);
const SCRIPTS = { build: ['dist/index.html'], check: [] };

const script = process.argv[2];
if (!(script in SCRIPTS)) {
    console.error(`usage: node scripts/maven.mjs ${Object.keys(SCRIPTS).join('|')}`);
    process.exit(2);
}

const packages = digest([join(ROOT, 'package.json'), join(ROOT, 'package-lock.json')]);
once('node_modules/.dipper-packages', packages, [], ['ci', '--no-progress', '--loglevel=error']);
once(`target/console-${script}`, digest(filesUnder(ROOT)), SCRIPTS[script], ['run', '--silent', script]);

/** Runs npm unless the stamp says that it succeeded on the same input and its outputs are still there. */
function once(stamp, input, outputs, npmArguments) {
    const file = join(ROOT, stamp);
    const wanted = [file, ...outputs.map((output) => join(ROOT, output))];
    if (wanted.every((path) => existsSync(path)) && readFileSync(file, 'utf8') === input) return;
    rmSync(file, { force: true });
    const { status, error } = spawnSync('npm', npmArguments, { cwd: ROOT, stdio: 'inherit' });
    if (error || status !== 0) {
        console.error(
            error ? `npm cannot be started: ${error.message}` : `npm ${npmArguments.join(' ')} ended with ${status}`,
        );
        process.exit(1);
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, input);
}

function digest(files) {
    const hash = createHash('sha256');
    for (const file of files) hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
    return hash.digest('hex');
}

function filesUnder(folder) {
    return readdirSync(folder)
        .sort()
        .filter((name) => folder !== ROOT || !OUTPUTS.has(name))
        .map((name) => join(folder, name))
        .flatMap((path) => (statSync(path).isDirectory() ? filesUnder(path) : [path]));
}
