import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { LastingError } from './wait-for.js';

interface Schema {
  readonly type?: string;
  readonly properties?: object;
  additionalProperties?: unknown;
  readonly [keyword: string]: unknown;
}
interface HeaderObject {
  readonly required?: boolean;
  readonly schema: Schema;
}
interface ResponseObject {
  readonly headers?: Readonly<Record<string, HeaderObject>>;
  readonly content?: Readonly<Record<string, object>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

/** The parts of an OpenAPI document that the checks use. */
interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<'NotFound' | 'MethodNotAllowed', ResponseObject>>;
  };
}

/** The description of a response and its JSON pointer. */
interface Described {
  readonly response: ResponseObject;
  readonly pointer: string;
}

/** The files of the web pages, which are not part of the API. */
const FILES_OF_PAGES = /^\/(page|docs)\/./;
const NAME = 'openapi';

/** Compares the responses of an API with its OpenAPI document: the status, content type, headers and body. */
export class ApiContract {
  private readonly ajv = addFormats.default(new Ajv({ strict: false, allErrors: true, validateSchema: false }));
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: ApiDocument) {
    const closed = structuredClone(document);
    // Clients must ignore unknown fields, but here an undocumented field is an error.
    for (const schema of Object.values(closed.components.schemas)) {
      if (schema.properties !== undefined) schema.additionalProperties ??= false;
    }
    this.ajv.addSchema(closed, NAME);
  }

  /** Throws if the response differs from the document. */
  async check(method: string, path: string, response: Response): Promise<void> {
    if (FILES_OF_PAGES.test(path)) return;
    const found = this.describedBy(method, path, response.status);
    const problems = found === null ? ['the status is not documented'] : await this.problemsOf(found, method, response);
    if (problems.length === 0) return;
    const answer = `${method} ${path} answered ${response.status}`;
    throw new LastingError(`${answer}, which differs from openapi.json:\n${problems.join('\n')}`);
  }

  private describedBy(method: string, path: string, status: number): Described | null {
    const { paths, components } = this.document;
    const address = path.replace(/[?#].*$/, '');
    const template = Object.keys(paths).find((candidate) => isMatch(candidate, address));
    if (template === undefined) {
      const response = components.responses.NotFound;
      return status === 404 ? { response, pointer: '/components/responses/NotFound' } : null;
    }
    const operations = paths[template] ?? {};
    // Every GET route also answers HEAD; the document lists it only where the headers alone are useful.
    const key = [method.toLowerCase(), ...(method === 'HEAD' ? ['get'] : [])].find((name) => name in operations);
    if (key === undefined) {
      const response = components.responses.MethodNotAllowed;
      return status === 405 ? { response, pointer: '/components/responses/MethodNotAllowed' } : null;
    }
    const response = operations[key]?.responses[status];
    if (response === undefined) return null;
    return { response, pointer: `/paths/${escaped(template)}/${key}/responses/${status}` };
  }

  private async problemsOf({ response, pointer }: Described, method: string, answer: Response): Promise<string[]> {
    const problems = Object.entries(response.headers ?? {}).flatMap(([name, header]) => {
      const value = answer.headers.get(name);
      if (value === null) return header.required === true ? [`the header ${name} is missing`] : [];
      const typed = ['integer', 'number'].includes(header.schema.type ?? '') ? Number(value) : value;
      return this.mismatches(`${pointer}/headers/${escaped(name)}/schema`, typed, `the header ${name}`);
    });
    const type = answer.headers.get('content-type')?.split(';', 1)[0] ?? null;
    const types = Object.keys(response.content ?? {});
    if (method === 'HEAD') return problems;
    if (type === null ? types.length > 0 : !types.includes(type)) {
      return [...problems, `the content type is ${type ?? 'missing'}, not ${types.join(' or ') || 'missing'}`];
    }
    if (type === null || !/[/+]json$/.test(type)) return problems;
    const body: unknown = await answer.clone().json();
    return [...problems, ...this.mismatches(`${pointer}/content/${escaped(type)}/schema`, body, 'the body')];
  }

  private mismatches(pointer: string, value: unknown, what: string): string[] {
    const validator = this.validators.get(pointer) ?? this.ajv.compile({ $ref: `${NAME}#${pointer}` });
    this.validators.set(pointer, validator);
    return validator(value) ? [] : (validator.errors ?? []).map((error) => `${what}${wordsOf(error)}`);
  }
}

function isMatch(template: string, path: string): boolean {
  const parts = template.split('/');
  const actual = path.split('/');
  return (
    parts.length === actual.length &&
    parts.every((part, i) => (part.startsWith('{') ? actual[i] !== '' : part === actual[i]))
  );
}

/** Escapes a part of a JSON pointer in the fragment of a URL. */
function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function wordsOf({ instancePath, message = '', params }: ErrorObject): string {
  return `${instancePath}: ${message} ${JSON.stringify(params)}`;
}

let loading: Promise<ApiContract> | undefined;

/** Returns the contract of the API at this URL. It is read once, because all APIs of a test run have the same code. */
export function apiContract(baseUrl: string): Promise<ApiContract> {
  loading ??= load(baseUrl).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(baseUrl: string): Promise<ApiContract> {
  const response = await fetch(`${baseUrl}/openapi.json`);
  if (!response.ok) throw new Error(`${baseUrl} has no openapi.json: ${response.status} ${await response.text()}`);
  return new ApiContract((await response.json()) as ApiDocument);
}
