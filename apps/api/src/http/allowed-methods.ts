import type { Application } from 'express';

interface RouteLayer {
  readonly route: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

/** The methods that a path has routes for; empty for a path that has none. */
export function allowedMethods(application: Application, path: string): string[] {
  const stack = application.router.stack as unknown[];
  const methods = new Set<string>();
  for (const layer of stack.filter(isRouteLayer)) {
    const { methods: answered } = layer.route;
    // Middleware of a module is registered as a route for every method; no route of ours answers TRACE.
    if ('trace' in answered || !isMatch(layer, path)) continue;
    for (const method of Object.keys(answered)) methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].toSorted();
}

function isRouteLayer(layer: unknown): layer is RouteLayer {
  return typeof layer === 'object' && layer !== null && 'route' in layer && layer.route !== undefined;
}

function isMatch(layer: RouteLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}
