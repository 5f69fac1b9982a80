import { CoreEnv } from '@app/config';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { OperationObject, RequestBodyObject, SchemaObject, SchemaOrReference } from './document-types.js';
import { ACCOUNT } from './account-scheme.js';
import { DOCUMENTATION_PATHS } from './documentation.paths.js';
import { describeHealth } from './health.operations.js';
import { refusalResponse } from './refusals.decorator.js';

const DESCRIPTION = `
Turns videos into MP3 files: make an account, sign in (**Authorize**), upload a video, ask for its status until it is
\`DONE\`, and download the MP3.

Every refusal is a problem document (\`application/problem+json\`, RFC 9457) with a \`code\` for programs and a \`detail\`
for people. An address that exists under other methods only answers 405 \`method_not_allowed\` and names them in
\`Allow\`; an address that does not exist answers 404 \`not_found\`. Answers carry \`X-Request-Id\`, which names the
request in the log of the service; a request may bring one of its own (at most 64 letters, digits and \`. _ : -\`).
`.trim();

/** The OpenAPI document of the running application: what its controllers declare, and what holds for all of them. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  describeHealth();
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle(app.get(CoreEnv).APP_NAME)
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addTag('accounts', 'Make an account, sign in to it, see it.')
    .addTag('media', 'Upload a video, follow its conversion, download the MP3.')
    .addTag('health', 'For orchestrators and monitoring.')
    .addTag('pages', 'For people, and for the generators of clients.')
    .addOAuth2(
      {
        type: 'oauth2',
        description: 'The username and the password of an account. There are no client ids and secrets.',
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
      NotFound: { ...refusalResponse(404, ['not_found']), description: 'There is nothing at this address.' },
      MethodNotAllowed: refusalResponse(405, ['method_not_allowed']),
    },
  };
  addHead(document);
  closeRequestBodies(document);
  return document;
}

/** Nest serves HEAD with GET; where the headers alone are of use, the document says so. */
function addHead(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
    if (path.get?.operationId !== 'download') continue;
    const responses = Object.entries(path.get.responses)
      // Ranges are defined for GET alone.
      .filter(([status]) => status !== '206' && status !== '416')
      .map(([status, response]) => {
        const { content: _content, ...withoutBody } = { content: undefined, description: '', ...response };
        return [status, withoutBody];
      });
    path.head = {
      ...path.get,
      operationId: 'describeDownload',
      summary: 'Ask for the size and the ETag of the MP3',
      description: 'Answers like the download, without the MP3.',
      parameters: (path.get.parameters ?? []).filter(
        (parameter) => !/range/i.test('name' in parameter ? parameter.name : ''),
      ),
      responses: Object.fromEntries(responses) as OperationObject['responses'],
    };
  }
}

/** Unknown fields of requests are refused, everywhere and by one pipe. */
function closeRequestBodies(document: OpenAPIObject): void {
  for (const { post } of Object.values(document.paths)) {
    if (post?.requestBody === undefined) continue;
    for (const { schema } of Object.values((post.requestBody as RequestBodyObject).content)) {
      if (schema !== undefined) resolved(document, schema).additionalProperties = false;
    }
  }
}

function resolved(document: OpenAPIObject, schema: SchemaOrReference): SchemaObject {
  if (!('$ref' in schema)) return schema;
  return document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] as SchemaObject;
}
