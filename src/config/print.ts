/** The generated files as text: JSON Schema and reference. Both are laid out as prettier leaves them. */
import { fullSchema, jsonSchema } from './schema.ts';
import type { JsonNode } from './schema.ts';

const WIDTH = 120;

/** JSON with two blanks of indent; a list that fits its line stays on it. */
function json(value: unknown, indent: string, before: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const scalars = value.every((item) => typeof item !== 'object');
    // One column is left for the comma that may follow.
    if (value.length === 0 || (scalars && before + flat.length < WIDTH)) return flat;
    return `[\n${value.map((item) => `${inner}${json(item, inner, inner.length)}`).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, item]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return head + json(item, inner, head.length);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** `ballast.schema.json`. */
export function schemaText(): string {
  return `${json(jsonSchema(), '', 0)}\n`;
}

const HEAD = `# Configuration

<!-- Generated from src/config/schema.ts by src/config/writeSchema.ts. Do not edit. -->

The server reads one YAML file, \`config.yaml\` unless \`--config\` names another. The first line of the shipped file names \`ballast.schema.json\`, so that an editor with a YAML language server completes and checks while you type.

- Every value is text first: \`NO\`, \`1E5\` and \`0.10\` stay what they look like. Units are always written: \`70%\`, \`cushion 16%\`, \`500 USDT\`, \`25000 USD\`, \`30s\`, \`12 per hour\`, \`2 looks\`.
- Not part of the language, and refused: anchors, aliases, merge keys, tags, keys written twice, unknown keys, tabs, several documents, values over several lines.
- \`\${env:NAME}\` and \`\${file:PATH}\` stand for a whole value, never for a part of one, and only where this page says so. What they name must be there and not empty. \`\${file:…}\` starts in the folder of the configuration file; the last line end is cut.
- A mistake ends the start with exit code 78. All mistakes of a file are told together, each with line, column, key and remedy. \`ballast check\` does the same without starting, and then says in words what would be done.
- Levels: LTV is debt divided by collateral. The line is the LTV at which the venue liquidates. \`cushion 16%\` is the LTV 16 % below the line: line × (1 − 0.16).
`;

/** `docs/config.md`. */
export function referenceText(): string {
  const root = fullSchema();
  const sections = Object.entries(root.properties ?? {}).map(([key, node]) => {
    const head = `## ${key}\n\n${facts(node, isRequired(root, key))}\n`;
    const lines = rows(node, key);
    return lines.length === 0 ? head : `${head}\n${lines.join('\n')}\n`;
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

function isRequired(parent: JsonNode, key: string): boolean {
  return parent.required?.includes(key) ?? false;
}

/** Every key below a node, as a list; alternatives of a value contribute the keys of their map. */
function rows(node: JsonNode, path: string): readonly string[] {
  const all = [node, ...(node.anyOf ?? [])];
  return all.flatMap((one) => [
    ...Object.entries(one.properties ?? {}).flatMap(([key, child]) => [
      `- \`${path}.${key}\`: ${facts(child, isRequired(one, key))}`,
      ...rows(child, `${path}.${key}`),
    ]),
    ...(typeof one.additionalProperties === 'object' ? rows(one.additionalProperties, `${path}.NAME`) : []),
    ...(one.items === undefined ? [] : rows(one.items, `${path}[]`)),
  ]);
}

/** Description, spelling and default of one key. */
function facts(node: JsonNode, required: boolean): string {
  const words = [node.description ?? ''];
  const options = optionsOf(node);
  if (options.length > 0) words.push(`One of ${options.map((word) => `\`${word}\``).join(', ')}.`);
  const example = exampleOf(node);
  if (example !== undefined && typeof node.default !== 'string') words.push(`Example: \`${example}\`.`);
  if (node.default === undefined) words.push(required ? 'Required.' : 'Optional.');
  else if (typeof node.default === 'string') words.push(`Default: \`${node.default}\`.`);
  else words.push(defaultWords(node.default));
  return words.filter((word) => word !== '').join(' ');
}

function optionsOf(node: JsonNode): readonly string[] {
  return [...(node.enum ?? []), ...(node.anyOf ?? []).flatMap((one) => one.enum ?? [])];
}

function exampleOf(node: JsonNode): string | undefined {
  const first = node.examples?.[0] ?? node.anyOf?.flatMap((one) => one.examples ?? [])[0];
  return typeof first === 'string' ? first : undefined;
}

function defaultWords(value: unknown): string {
  const text = JSON.stringify(value).replaceAll('"', '').replaceAll(':', ': ').replaceAll(',', ', ');
  return text === '{}' || text === '[]' ? 'Optional.' : `Default: \`${text}\`.`;
}
