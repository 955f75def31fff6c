// `npm run identity:add-key -- FOLDER`: adds a signing key to the data folder of a running identity. It is published at
// once and signs five minutes later; the keys before it verify for as long as their files are there.
import { addSigningKey, publishedBeforeSigningMs } from './signing-keys.ts';

const folder = process.argv[2] ?? process.env['IDENTITY_DATA_DIR'];
if (folder === undefined) {
  console.error('Name the data folder: npm run identity:add-key -- .data/identity');
  process.exitCode = 1;
} else {
  const signsFrom = new Date(Date.now() + publishedBeforeSigningMs);
  const name = await addSigningKey(folder, signsFrom);
  console.log(`${name} added to ${folder}; it signs from ${signsFrom.toISOString()}`);
}
