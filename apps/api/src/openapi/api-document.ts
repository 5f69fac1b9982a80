import { CoreEnv } from '@app/config';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { OperationObject, RequestBodyObject, SchemaObject, SchemaOrReference } from './document-types.js';
import { ACCOUNT } from './account-scheme.js';
import { DOCUMENTATION_PATHS } from './documentation.paths.js';
import { describeHealth } from './health.operations.js';
import { problemResponse } from './problems.decorator.js';

const DESCRIPTION = `
Converts videos to MP3 files. Create an account, sign in (**Authorize**), upload a video, poll its status until it is
\`DONE\`, and download the MP3.

Every error is a problem document (\`application/problem+json\`, RFC 9457) with a \`code\` for programs and a \`detail\`
for users. An address that does not support the method answers 405 \`method_not_allowed\` and lists the methods that it
supports in \`Allow\`; an address that does not exist answers 404 \`not_found\`. Answers carry \`X-Request-Id\`, which
identifies the request in the log of the service; a request can set its own (at most 64 letters, digits and
\`. _ : -\`).
`.trim();

/** Returns the OpenAPI document of the running application: what its controllers declare, and what they share. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  describeHealth();
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle(app.get(CoreEnv).APP_NAME)
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addTag('accounts', 'Create an account, sign in, see the account.')
    .addTag('media', 'Upload videos, follow and manage their conversions, download the MP3s.')
    .addTag('webhooks', 'Be called when a conversion ends.')
    .addTag('deliveries', 'See what became of your emails and callbacks, and send them again.')
    .addTag('health', 'For orchestrators and monitoring.')
    .addTag('pages', 'The web page and the documentation of the API.')
    .addOAuth2(
      {
        type: 'oauth2',
        description: 'The username and password of an account. There are no client ids or secrets.',
        flows: { password: { tokenUrl: '/auth/login', scopes: {} } },
      },
      ACCOUNT,
    )
    .build();
  const document = SwaggerModule.createDocument(app, config);
  Object.assign(document.paths, DOCUMENTATION_PATHS);
  document.components = {
    ...document.components,
    responses: {
      NotFound: { ...problemResponse(404, ['not_found']), description: 'There is nothing at this address.' },
      MethodNotAllowed: problemResponse(405, ['method_not_allowed']),
      ExpectationFailed: problemResponse(417, ['expectation_failed']),
    },
  };
  addHead(document);
  closeRequestBodies(document);
  return document;
}

/** Documents HEAD for the download: Nest serves HEAD with every GET, but only there the headers alone are useful. */
function addHead(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
    if (path.get?.operationId !== 'download') continue;
    const responses = Object.entries(path.get.responses)
      // Ranges are defined for GET only.
      .filter(([status]) => status !== '206' && status !== '416')
      .map(([status, response]) => {
        const { content: _content, ...withoutBody } = { content: undefined, description: '', ...response };
        return [status, withoutBody];
      });
    path.head = {
      ...path.get,
      operationId: 'describeDownload',
      summary: 'Get the size and the ETag of the MP3',
      description: 'Sends the headers of the download without the MP3.',
      parameters: (path.get.parameters ?? []).filter(
        (parameter) => !/range/i.test('name' in parameter ? parameter.name : ''),
      ),
      responses: Object.fromEntries(responses) as OperationObject['responses'],
    };
  }
}

/** Documents that unknown fields of requests are rejected: one pipe does it for all operations. */
function closeRequestBodies(document: OpenAPIObject): void {
  const operations = Object.values(document.paths).flatMap(({ post, patch, delete: remove }) => [post, patch, remove]);
  for (const operation of operations) {
    if (operation?.requestBody === undefined) continue;
    for (const { schema } of Object.values((operation.requestBody as RequestBodyObject).content)) {
      if (schema !== undefined) resolved(document, schema).additionalProperties = false;
    }
  }
}

function resolved(document: OpenAPIObject, schema: SchemaOrReference): SchemaObject {
  if (!('$ref' in schema)) return schema;
  return document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] as SchemaObject;
}
