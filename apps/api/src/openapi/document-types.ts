import type { OpenAPIObject } from '@nestjs/swagger';

interface Reference {
  $ref: string;
}
type Resolved<T> = Exclude<NonNullable<T>, Reference>;

/** Parts of an OpenAPI document: the package only exports the type of the whole. */
export type PathsObject = OpenAPIObject['paths'];
export type OperationObject = NonNullable<PathsObject[string]['get']>;
export type ResponseObject = Resolved<OperationObject['responses'][string]>;
export type HeadersObject = NonNullable<ResponseObject['headers']>;
export type RequestBodyObject = Resolved<OperationObject['requestBody']>;
export type SchemaOrReference = NonNullable<NonNullable<ResponseObject['content']>[string]['schema']>;
export type SchemaObject = Exclude<SchemaOrReference, Reference>;
