import { DomainError, PROBLEMS, ValidationError, type DomainErrorArguments, type Problem } from '@app/domain';
import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { problemDetails, problemHeaders, statusOf } from '../http/problem-details.js';
import type { HeadersObject, ResponseObject } from './document-types.js';
import { ProblemDetailsDto } from './problem-details.dto.js';
import type { PublicCode } from './public-problems.js';

/** The problems that any request can be answered with. */
const ALWAYS: readonly PublicCode[] = ['malformed_request', 'request_timeout', 'headers_too_large', 'internal_error'];

/** Headers that a status or a code brings along, see `problemHeaders`. */
const COMMON_HEADERS: HeadersObject = {
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

/** https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html */
export const RATE_LIMIT_HEADERS: HeadersObject = {
  'RateLimit-Policy': {
    description: 'The limits that apply: `q` attempts in `w` seconds.',
    schema: { type: 'string' },
    example: '"login";q=100;w=900, "login-account";q=10;w=900',
  },
  RateLimit: {
    description: 'What is left: `r` attempts now, all of them in `t` seconds.',
    schema: { type: 'string' },
    example: '"login";r=99;t=9, "login-account";r=9;t=90',
  },
};

/** Headers that one code brings along. */
const HEADERS_OF_CODE: Partial<Record<PublicCode, HeadersObject>> = {
  method_not_allowed: {
    Allow: {
      description: 'The methods that the address supports.',
      required: true,
      schema: { type: 'string' },
      example: 'GET, HEAD',
    },
  },
  too_many_requests: RATE_LIMIT_HEADERS,
  range_not_satisfiable: {
    'Content-Range': {
      description: 'The size of the MP3.',
      required: true,
      schema: { type: 'string', pattern: '^bytes \\*/\\d+$' },
      example: 'bytes */81441',
    },
  },
};

/** Lists the problems of an operation by their codes: one response for each status, with an example of each code. */
export function ApiProblems(...codes: PublicCode[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, PublicCode[]>();
  for (const code of [...codes, ...ALWAYS]) {
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, ofStatus]) =>
    ApiResponse({ status, ...problemResponse(status, ofStatus) }),
  );
  return applyDecorators(ApiExtraModels(ProblemDetailsDto), ...responses);
}

/** The response object of one status with the given codes. */
export function problemResponse(status: number, codes: readonly PublicCode[]): ResponseObject {
  const headers = headersOf(codes);
  const narrowed = {
    status: { type: 'integer', enum: [status] },
    code: { type: 'string', enum: [...codes] },
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].when}.`).join('\n\n'),
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
  const sent = codes.map((code) => Object.keys(problemHeaders(exampleError(code))));
  const common = Object.entries(COMMON_HEADERS)
    .filter(([name]) => sent.some((names) => names.includes(name)))
    .map(([name, header]) => [name, { ...header, required: sent.every((names) => names.includes(name)) }]);
  const own = codes.flatMap((code) => Object.entries(HEADERS_OF_CODE[code] ?? {}));
  return Object.fromEntries([...common, ...own]) as HeadersObject;
}

function exampleOf(code: PublicCode): object {
  return problemDetails(exampleError(code), '/path/of/the/request', '6f1c3b1e-4a55-4f0e-9d8e-1f7f0e6f4c55');
}

function exampleError(code: PublicCode): DomainError {
  if (code === 'validation_failed') {
    return new ValidationError([{ field: 'the_field', message: 'the_field must be set' }]);
  }
  const { example }: Problem = PROBLEMS[code];
  return new DomainError(...([code, { params: example }] as DomainErrorArguments));
}
