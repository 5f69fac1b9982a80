import { DomainError, ValidationError } from '@app/domain';
import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { HeadersObject, ResponseObject } from './document-types.js';
import { problemDetails, problemHeaders, statusOf } from '../http/problem-details.js';
import { ProblemDetailsDto } from './problem-details.dto.js';
import { REFUSALS, type PublicCode } from './refusals.js';

/** What any request may be answered with, whatever it asks for. */
const ALWAYS: readonly PublicCode[] = ['malformed_request', 'request_timeout', 'headers_too_large', 'internal_error'];

/** Headers that a status or a code brings along, see `problemHeaders`. */
const HEADERS: HeadersObject = {
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    schema: { type: 'integer', minimum: 1 },
    example: 5,
  },
  'WWW-Authenticate': {
    description: 'How to sign in.',
    schema: { type: 'string' },
    example: 'Bearer realm="video-to-mp3"',
  },
};

/** Lists the refusals of an operation by their codes: one response for each status, with an example of each code. */
export function ApiRefusals(...codes: PublicCode[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, PublicCode[]>();
  for (const code of [...codes, ...ALWAYS])
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  const responses = [...byStatus].map(([status, ofStatus]) =>
    ApiResponse({ status, ...refusalResponse(status, ofStatus) }),
  );
  return applyDecorators(ApiExtraModels(ProblemDetailsDto), ...responses);
}

/** The response object of one status with the given codes. */
export function refusalResponse(status: number, codes: readonly PublicCode[]): ResponseObject {
  const headers = headersOf(codes);
  const narrowed = {
    status: { type: 'integer', enum: [status] },
    code: { type: 'string', enum: [...codes] },
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${REFUSALS[code].when}.`).join('\n\n'),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: getSchemaPath(ProblemDetailsDto) }, { type: 'object', properties: narrowed }] },
        examples: Object.fromEntries(codes.map((code) => [code, { summary: code, value: exampleOf(code) }])),
      },
    },
  };
}

function headersOf(codes: readonly PublicCode[]): HeadersObject {
  const sent = codes.map((code) => Object.keys(problemHeaders(anError(code))));
  const common = Object.entries(HEADERS)
    .filter(([name]) => sent.some((names) => names.includes(name)))
    .map(([name, header]) => [name, { ...header, required: sent.every((names) => names.includes(name)) }]);
  const own = codes.flatMap((code) => Object.entries(REFUSALS[code].headers ?? {}));
  return Object.fromEntries([...common, ...own]) as HeadersObject;
}

function exampleOf(code: PublicCode): object {
  return problemDetails(anError(code), '/path/of/the/request', '6f1c3b1e-4a55-4f0e-9d8e-1f7f0e6f4c55');
}

function anError(code: PublicCode): DomainError {
  return code === 'validation_failed'
    ? new ValidationError([{ field: 'the_field', message: 'the_field must be set' }])
    : new DomainError(code, REFUSALS[code].detail);
}
