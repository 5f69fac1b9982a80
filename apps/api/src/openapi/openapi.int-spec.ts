import type { OpenAPIObject } from '@nestjs/swagger';
import type { Application } from 'express';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../../test/api-under-test.js';
import type { OperationObject, SchemaObject } from './document-types.js';
import { PUBLIC_CODES } from './public-problems.js';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

interface RouteLayer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

describe('the documentation', () => {
  let api: ApiUnderTest;
  let document: OpenAPIObject;
  let operations: (OperationObject & { readonly address: string })[];

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { APP_NAME: 'converter of the house' } });
    document = (await (await api.fetch('/openapi.json')).json()) as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.flatMap((method) => {
        const operation = item[method];
        return operation === undefined ? [] : [{ ...operation, address: `${method.toUpperCase()} ${path}` }];
      }),
    );
  });
  afterAll(() => api.stop());

  /** Returns the routes of the application, without those of the web pages. */
  function routes(): string[] {
    const stack = (api.app.getHttpAdapter().getInstance() as Application).router.stack as unknown as RouteLayer[];
    const addresses = stack.flatMap(({ route }) => {
      // Middleware of a module is registered as a route for every method.
      if (route === undefined || 'trace' in route.methods || /^\/(client|docs|page)\//.test(route.path)) return [];
      const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
      return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${path}`);
    });
    // Middleware for one method of a route has the same address as the route.
    return [...new Set(addresses)];
  }

  it('has every route of the application, and no other', () => {
    const written = operations.map(({ address }) => address).filter((address) => !address.startsWith('HEAD '));
    expect(written.toSorted()).toEqual(routes().toSorted());
  });

  it('describes every operation, parameter and response', () => {
    for (const { address, operationId, summary, description, tags, parameters = [], responses } of operations) {
      expect({ address, operationId, summary, description, tags }).toEqual({
        address,
        operationId: expect.stringMatching(/./),
        summary: expect.stringMatching(/./),
        description: expect.stringMatching(/./),
        tags: [expect.stringMatching(/./)],
      });
      expect(parameters.filter((parameter) => !('description' in parameter))).toEqual([]);
      for (const response of Object.values(responses)) expect(response).toHaveProperty('description');
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('describes every field, and gives an example of it', () => {
    const schemas = Object.entries(document.components?.schemas ?? {}) as [string, SchemaObject][];
    const fields = schemas.flatMap(([name, { properties = {} }]) =>
      Object.entries(properties).map(([field, schema]) => ({ field: `${name}.${field}`, ...schema })),
    );
    const isOfParts = (schema: object): boolean => JSON.stringify(schema).includes('"$ref"');
    expect(fields.length).toBeGreaterThan(30);
    expect(fields.filter((field) => !('description' in field))).toEqual([]);
    expect(fields.filter((field) => !('example' in field) && !isOfParts(field))).toEqual([]);
  });

  it('has examples that fit their schemas', () => {
    const ajv = addFormats.default(new Ajv({ strict: false, validateSchema: false }));
    ajv.addSchema(document, 'openapi');
    const checked = examplesIn(document).map(({ pointer, example }) => {
      const isFitting = ajv.validate({ $ref: `openapi#${pointer}` }, example);
      return { pointer, example, errors: isFitting ? null : ajv.errorsText() };
    });
    expect(checked.length).toBeGreaterThan(100);
    expect(checked.filter(({ errors }) => errors !== null)).toEqual([]);
  });

  it('bears the name that the operator gave', () => {
    expect(document.info.title).toBe('converter of the house');
  });

  it('lists every code that a client can meet', () => {
    const text = JSON.stringify([document.paths, document.components?.responses]);
    const missing = PUBLIC_CODES.filter((code) => !text.includes(`\`${code}\``));
    expect(missing).toEqual([]);
  });

  it('shows a job that waits as the answer to an upload', () => {
    const accepted = operations.find(({ operationId }) => operationId === 'upload')?.responses['202'];
    expect(accepted).toMatchObject({
      content: { 'application/json': { example: { status: 'PENDING', progress: 0 } } },
    });
  });

  it('mentions nothing that no request can produce', () => {
    expect(JSON.stringify(document)).not.toMatch(/"options"/);
  });

  it('asks for a file, as the last field', () => {
    const body = operations.find(({ operationId }) => operationId === 'upload')?.requestBody;
    const { schema } =
      (body as { content: Record<string, { schema: SchemaObject }> }).content['multipart/form-data'] ?? {};
    expect(Object.entries(schema?.properties ?? {}).at(-1)).toEqual([
      'file',
      expect.objectContaining({ type: 'string', format: 'binary' }),
    ]);
    expect(schema?.required).toEqual(['file']);
  });

  it('lets Swagger UI sign in with a user name and a password', async () => {
    const schemes = Object.values(document.components?.securitySchemes ?? {});
    expect(schemes).toMatchObject([{ type: 'oauth2', flows: { password: { tokenUrl: '/auth/login' } } }]);
    const withoutAccount = operations
      .filter(({ security }) => security === undefined)
      .map(({ operationId }) => String(operationId));
    expect(withoutAccount).toEqual([
      'live',
      'ready',
      'register',
      'login',
      'requestPasswordReset',
      'verifyEmailPage',
      'verifyEmail',
      'resetPasswordPage',
      'resetPassword',
      'stopEmailsPage',
      'stopEmails',
      'page',
      'openapi',
      'docs',
    ]);
  });

  it('is a page that needs nothing from elsewhere', async () => {
    const page = await api.fetch('/docs');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    // It would send a browser to https, which is not there.
    expect(policy).not.toContain('upgrade-insecure-requests');
    const html = await page.text();
    const parts = [...html.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(
      ([, path = '']) => new URL(path, `${api.url}/docs`),
    );
    expect(parts.length).toBeGreaterThan(4);
    for (const { origin, pathname } of parts) {
      expect(origin).toBe(api.url);
      expect((await api.fetch(pathname)).status, pathname).toBe(200);
    }
    expect(html).toContain('<meta name="viewport" content="width=device-width');
    // A script in the page itself would not run under that policy.
    expect(html).not.toMatch(/<script>|\son\w+=/);
  });

  it('rejects files that the page does not have, and other methods', async () => {
    for (const path of ['/docs/nothing.js', '/docs/LICENSE']) {
      const response = await api.fetch(path);
      expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
    }
    const posted = await api.fetch('/openapi.json', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

interface Example {
  /** The JSON pointer of the schema. */
  readonly pointer: string;
  readonly example: unknown;
}

/** Every example of the document: of fields beside their types; of headers, parameters and bodies beside a schema. */
function examplesIn(node: unknown, pointer = ''): Example[] {
  if (typeof node !== 'object' || node === null) return [];
  const at = `${pointer}${'schema' in node ? '/schema' : ''}`;
  const own = 'example' in node && ('schema' in node || 'type' in node) ? [{ pointer: at, example: node.example }] : [];
  const named = 'examples' in node ? Object.values(node.examples as Record<string, { value: unknown }>) : [];
  const parts = Object.entries(node).filter(([key]) => !['example', 'examples'].includes(key));
  return [
    ...own,
    ...named.map(({ value }) => ({ pointer: at, example: value })),
    ...parts.flatMap(([key, part]) => examplesIn(part, `${pointer}/${encodeURIComponent(key.replaceAll('/', '~1'))}`)),
  ];
}
