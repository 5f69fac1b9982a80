import { parse } from 'yaml';

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly target?: string };
  readonly container_name?: string;
  readonly hostname?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
  readonly mem_limit?: string;
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
}

/** A variable that Compose replaces: `${NAME:-default}` or `${NAME:?message}`. */
export interface Interpolation {
  readonly name: string;
  readonly operator: string;
  readonly text: string;
}

const INTERPOLATION = /\$\{(?<name>[A-Z_]+)(?<operator>:?[-?+]?)(?<text>[^}]*)\}/g;

export class ComposeFile {
  readonly services: ReadonlyMap<string, ComposeService>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: readonly string[];
  readonly interpolations: readonly Interpolation[];

  constructor(text: string) {
    const file = parse(text, { merge: true }) as {
      services: Record<string, ComposeService>;
      networks: Record<string, { internal?: boolean }>;
      volumes: Record<string, object>;
    };
    this.services = new Map(Object.entries(file.services));
    this.networks = file.networks;
    this.volumes = Object.keys(file.volumes);
    this.interpolations = [...text.matchAll(INTERPOLATION)].map(({ groups = {} }) => ({
      name: groups['name'] ?? '',
      operator: groups['operator'] ?? '',
      text: groups['text'] ?? '',
    }));
  }

  service(name: string): ComposeService {
    const service = this.services.get(name);
    if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
    return service;
  }

  /** Returns the environment of the container of a service, given the variables of `.env`. */
  environment(name: string, variables: Readonly<Record<string, string>>): Record<string, string> {
    const { environment = {} } = this.service(name);
    return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, interpolate(value, variables)]));
  }
}

/** Replaces the variables in a text of the file, given the variables of `.env`. */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(INTERPOLATION, (_, variable: string, operator: string, alternative: string) => {
    const given = variables[variable] ?? '';
    return given === '' && operator === ':-' ? alternative : given;
  });
}

/** Parses `35s` to seconds. */
export function seconds(duration = ''): number {
  const [, amount] = /^(\d+)s$/.exec(duration) ?? [];
  return Number(amount ?? Number.NaN);
}
