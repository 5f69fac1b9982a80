import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testServices } from '@app/testing';
import type { ApiClient } from './api-client.js';
import { runScript } from './run-script.js';

export const hasSchemathesis = testServices().schemathesisPath !== null;

/** The input of schemathesis. */
export interface Scene {
  /** The folder for its files. */
  readonly folder: string;
  readonly baseUrl: string;
  /** The user of the requests, and another user who must not see the data of the first. */
  readonly owner: ApiClient;
  readonly stranger: ApiClient;
  /** The jobs of the owner, one in each state. */
  readonly jobIds: readonly string[];
}

export interface Findings {
  /** The first exit code of its runs that is not 0; null if a signal ended it. */
  readonly exitCode: number | null;
  /** Its readable output. */
  readonly output: string;
  /** The responses that it got, such as `GET /media/{job_id}/download 409 not_finished`. */
  readonly answers: ReadonlySet<string>;
  /** The names of the checks that ran. */
  readonly checks: ReadonlySet<string>;
}

/** The parts of its report that are used. */
interface Recorder {
  readonly cases: Readonly<Record<string, { readonly value: { readonly method: string; readonly path: string } }>>;
  readonly checks?: Readonly<Record<string, readonly { readonly name: string }[]>>;
  readonly interactions?: Readonly<Record<string, Interaction>>;
}
interface Interaction {
  readonly response: { readonly status_code: number; readonly content: { readonly $base64: string } | null } | null;
}

/** The operations that change the jobs of the scene. They run last, so that all others meet a job in each state. */
const CHANGE_JOBS = ['cancel', 'retry', 'delete', 'cancelMany', 'deleteMany'];

/** The head of an MP4 file, which is all that an upload checks. */
const A_VIDEO = String.raw`"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"`;

/** Reads the OpenAPI document of a running service, and sends valid and invalid requests to it. */
export async function runSchemathesis(scene: Scene): Promise<Findings> {
  const { folder, baseUrl } = scene;
  const program = testServices().schemathesisPath;
  if (program === null) throw new Error('schemathesis is not installed');
  await writeFile(join(folder, 'accounts.json'), accounts(scene));
  await writeFile(join(folder, 'videos.dict'), `${A_VIDEO}\n`);
  await writeFile(join(folder, 'schemathesis.toml'), configuration(scene));
  const ends = [];
  for (const which of ['exclude', 'include']) {
    const operations = CHANGE_JOBS.flatMap((id) => [`--${which}-operation-id`, id]);
    ends.push(await runScript([program, 'run', ...operations, `${baseUrl}/openapi.json`], { cwd: folder }));
  }
  const recorders = await readReports(join(folder, 'report'));
  return {
    exitCode: (ends.find((end) => end.exitCode !== 0) ?? ends[0])?.exitCode ?? null,
    output: ends.map(({ output }) => output).join('\n'),
    answers: new Set(recorders.flatMap(answersOf)),
    checks: new Set(
      recorders.flatMap(({ checks = {} }) =>
        Object.values(checks)
          .flat()
          .map(({ name }) => name),
      ),
    ),
  };
}

/** All checks except `positive_data_acceptance`, because a valid request can be rejected for other reasons. */
function configuration({ owner, jobIds }: Scene): string {
  return `
seed = 1
color = false
request-timeout = 60
# Response times are not part of this test.
suppress-health-check = ["too_slow"]
cache = { enabled = false }

[checks]
positive_data_acceptance = { enabled = false }

[generation]
max-examples = 20
database = "none"

# Each request that checks a password takes a quarter of a second of CPU time.
[[operations]]
include-operation-id = ["register", "login"]
generation = { max-examples = 8 }
phases.coverage = { generation = { mode = "negative" } }
[operations.parameters]
"body.username" = { dictionary = "names", probability = 0.7 }
"body.password" = { dictionary = "passwords", probability = 0.7 }

[dictionaries.names]
values = ${JSON.stringify([owner.username])}
[dictionaries.passwords]
values = ${JSON.stringify([owner.password])}
[dictionaries.jobs]
values = ${JSON.stringify(jobIds)}
[dictionaries.videos]
from-file = "videos.dict"
[parameters]
"path.job_id" = { dictionary = "jobs", probability = 0.8 }
"body.file" = { dictionary = "videos", probability = 0.5 }

[auth.wfc]
path = "accounts.json"
user = "owner"
peers = ["owner", "stranger"]

[reports]
directory = "report"
ndjson = { enabled = true }
`;
}

function accounts({ owner, stranger }: Scene): string {
  const account = (name: string, client: ApiClient): object => ({
    name,
    fixedHeaders: Object.entries(client.headers).map(([header, value]) => ({ name: header, value })),
  });
  return JSON.stringify({ auth: [account('owner', owner), account('stranger', stranger)] });
}

async function readReports(folder: string): Promise<Recorder[]> {
  const reports = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  const lines = reports.flatMap((report) => report.trim().split('\n'));
  return lines.flatMap((line) => {
    const event = JSON.parse(line) as { ScenarioFinished?: { recorder: Recorder } };
    return event.ScenarioFinished?.recorder ?? [];
  });
}

function answersOf({ cases, interactions = {} }: Recorder): string[] {
  return Object.entries(interactions).flatMap(([id, { response }]) => {
    const sent = cases[id]?.value;
    if (sent === undefined || response === null) return [];
    const text = Buffer.from(response.content?.$base64 ?? '', 'base64').toString();
    const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
    return [sent.method, sent.path, response.status_code, code ?? []].flat().join(' ');
  });
}
