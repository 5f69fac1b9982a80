import { join } from 'node:path';
import { readEnvironment } from '@app/config';
import { Test } from '@nestjs/testing';
import openapiTypes, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { expect, it } from 'vitest';
import { ApiModule } from '../apps/api/src/api.module.js';
import { API_ENVIRONMENT } from '../apps/api/src/env.js';
import { apiDocument } from '../apps/api/src/openapi/api-document.js';

const TYPES = join(import.meta.dirname, '../libs/client/src/api-types.ts');
const HEADING = `/** Generated from the OpenAPI document of the api by \`npm run client:types\`. Do not edit. */\n`;

/** Returns the schemas of an API that is created but not started, so that it needs no services. */
async function schemas(): Promise<OpenAPI3> {
  const environment = readEnvironment(API_ENVIRONMENT, {
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
    RABBITMQ_URL: 'amqp://127.0.0.1:1/',
    STORAGE_DIRECTORY: join(import.meta.dirname, 'not-created'),
    SECRET_KEY: 'a key that signs nothing in this test',
    LOG_LEVEL: 'silent',
  });
  const module = await Test.createTestingModule({ imports: [ApiModule.forRoot(environment)] }).compile();
  const { openapi, info, components } = apiDocument(module.createNestApplication({ logger: false }));
  const document = { openapi, info, paths: {}, components: { schemas: components?.schemas ?? {} } };
  return JSON.parse(JSON.stringify(document)) as OpenAPI3;
}

it('libs/client has the types of the OpenAPI document', async () => {
  const types = astToString(await openapiTypes(await schemas()));
  const hint = 'libs/client/src/api-types.ts is out of date. Run: npm run client:types';
  await expect(`${HEADING}${types}`, hint).toMatchFileSnapshot(TYPES);
});
